"""Track scikit-learn models: params, a metric at each step, a file, and a leaderboard."""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import classification_report, roc_auc_score

from core import Workbench

x, y = load_breast_cancer(return_X_y=True)  # even rows train, odd rows test
with Workbench("lake") as wb:
    for rate in (0.02, 0.1, 0.5):
        with wb.tracker.start_run("tumours") as run:
            run.log_params({"model": "boosting", "rate": rate})
            clf = GradientBoostingClassifier(learning_rate=rate, random_state=0).fit(x[::2], y[::2])
            for step, odds in enumerate(clf.staged_predict_proba(x[1::2]), start=1):
                run.log_metrics({"auc": roc_auc_score(y[1::2], odds[:, 1])}, step=step)
            run.log_bytes(classification_report(y[1::2], clf.predict(x[1::2])), "report.txt")
    for run in wb.tracker.search_runs("tumours", "metrics.auc > 0.9", ["metrics.auc desc"]):
        print(run.run_name, run.params["rate"], round(run.last_metrics["auc"], 4))
