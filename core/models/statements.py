"""What only people can say of a model: every statement a card asks them for.

They stand in a YAML file beside the model (core/models/people.py). Those that are `required` must
be there before a card is published. They are what the cards of CHAI, the source attributes of ONC
HTI-1 and TRIPOD+AI ask for.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Final

USE: Final = "Use"
RISKS: Final = "Risks"
DEVELOPMENT: Final = "Development"
FAIRNESS: Final = "Fairness"
VALIDATION: Final = "External validation"
MAINTENANCE: Final = "Maintenance"
OPENNESS: Final = "Openness"
RELEASE: Final = "Release"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing people are asked: its key in the file, its title in the card, and the question.

    `many` is a list of texts. `derived` is filled from what the lake knows when nobody says it.
    """

    key: str
    title: str
    asks: str
    section: str
    _: KW_ONLY
    required: bool = False
    many: bool = False
    derived: bool = False


STATEMENTS: Final = (
    # use
    Statement("summary", "Summary", "What is the model, in two or three sentences?", USE),
    Statement(
        "intended_use",
        "Intended use",
        "What is it for, and at which point of the work?",
        USE,
        required=True,
    ),
    Statement(
        "intended_users",
        "Intended users",
        "Who is to use it, and what must they know?",
        USE,
        required=True,
        many=True,
    ),
    Statement(
        "target_population",
        "Target population",
        "Whose data may it be applied to?",
        USE,
        required=True,
    ),
    Statement(
        "out_of_scope_uses",
        "Out of scope",
        "For which tasks, settings and people must it not be used?",
        USE,
        required=True,
        many=True,
    ),
    Statement(
        "decision_role",
        "Role in decisions",
        "Does its output inform, augment or replace a decision?",
        USE,
        required=True,
    ),
    Statement("how_to_use", "How to use it", "What does a user do with its output?", USE),
    Statement(
        "output_description",
        "Output",
        "What does it put out, in which unit, and what does a value mean?",
        USE,
        required=True,
    ),
    Statement(
        "output_type",
        "Kind of output",
        "Is it a prediction, classification, recommendation, evaluation or analysis?",
        USE,
        required=True,
    ),
    Statement(
        "user_interaction",
        "Expertise needed",
        "What must users do or know to handle inputs and output?",
        USE,
    ),
    Statement(
        "unavailable_inputs",
        "Missing or poor inputs",
        "What happens when an input is missing or of poor quality?",
        USE,
    ),
    Statement("care_context", "Care context", "What is the health problem, and why a model?", USE),
    Statement(
        "objectives", "Objectives", "What was to be found out: development, test, both?", USE
    ),
    # risks
    Statement(
        "safety_statement",
        "Safety",
        "What must be done for people at immediate risk, whatever the model says?",
        RISKS,
        required=True,
    ),
    Statement(
        "clinical_risk_level",
        "Clinical risk level",
        "How serious can the harm of a wrong output be?",
        RISKS,
        required=True,
    ),
    Statement(
        "known_limitations",
        "Known limitations",
        "Where is it known to be weak, and why?",
        RISKS,
        required=True,
        many=True,
    ),
    Statement(
        "failure_modes", "Failure modes", "How does it fail, and how is it seen?", RISKS, many=True
    ),
    Statement(
        "ethical_considerations",
        "Ethical considerations",
        "Whom may it harm or disadvantage, and what is done about it?",
        RISKS,
        required=True,
        many=True,
    ),
    Statement("caveats", "Caveats", "What else must a reader know?", RISKS, many=True),
    Statement(
        "recommendations", "Recommendations", "What should users of it do?", RISKS, many=True
    ),
    Statement(
        "interpretation", "Interpretation", "What do the figures mean, beside other studies?", RISKS
    ),
    Statement("next_steps", "Next steps", "What is to be found out next?", RISKS),
    # development
    Statement(
        "outcome_definition",
        "Outcome",
        "What is predicted, how is it measured, and over which time?",
        DEVELOPMENT,
        required=True,
    ),
    Statement(
        "outcome_assessment",
        "Assessment of the outcome",
        "Who assessed the outcome, and did they know the predictors?",
        DEVELOPMENT,
    ),
    Statement(
        "predictors",
        "Predictors",
        "How and when are the inputs measured, and why these?",
        DEVELOPMENT,
    ),
    Statement(
        "setting", "Setting", "Where were the data collected, and from how many sites?", DEVELOPMENT
    ),
    Statement(
        "data_dates", "Dates", "From when to when were people included and followed?", DEVELOPMENT
    ),
    Statement(
        "eligibility",
        "Inclusion and exclusion",
        "Who was included in the training data, and who excluded?",
        DEVELOPMENT,
        required=True,
    ),
    Statement("treatments", "Treatments", "Which treatments did people receive?", DEVELOPMENT),
    Statement(
        "training_data_description",
        "Training data",
        "What are the training data?",
        DEVELOPMENT,
        derived=True,
    ),
    Statement(
        "data_preprocessing",
        "Preprocessing",
        "How were the data prepared?",
        DEVELOPMENT,
        derived=True,
    ),
    Statement("missing_data", "Missing data", "How were missing values handled?", DEVELOPMENT),
    Statement("sample_size", "Sample size", "How was the number of rows arrived at?", DEVELOPMENT),
    Statement("class_imbalance", "Class imbalance", "Was it treated, and how?", DEVELOPMENT),
    Statement(
        "training_data_relevance",
        "Relevance of the training data",
        "How do the training data resemble the setting of use?",
        DEVELOPMENT,
    ),
    Statement(
        "demographic_inputs",
        "Demographic inputs",
        "Which of race, ethnicity, language, sexual orientation, gender identity, sex, date of"
        " birth, social determinants and health status are inputs?",
        DEVELOPMENT,
    ),
    Statement(
        "representativeness",
        "Representativeness",
        "How do the training data represent people by these?",
        DEVELOPMENT,
    ),
    Statement(
        "foundation_models", "Foundation models", "Which foundation models are in it?", DEVELOPMENT
    ),
    # fairness
    Statement(
        "health_inequalities",
        "Health inequalities",
        "Which inequalities between groups are known for this outcome?",
        FAIRNESS,
    ),
    Statement(
        "fairness_approach",
        "Approach to fairness",
        "What was done so that its output is fair?",
        FAIRNESS,
        required=True,
    ),
    Statement(
        "bias_mitigation",
        "Mitigation of bias",
        "How is bias managed, reduced or removed?",
        FAIRNESS,
        required=True,
    ),
    Statement(
        "bias_analysis", "Analysis of bias", "What was found about bias?", FAIRNESS, derived=True
    ),
    # external validation
    Statement(
        "external_data",
        "External data",
        "On which data of another source was it tested?",
        VALIDATION,
    ),
    Statement(
        "external_evaluations",
        "Evaluations on external data",
        "Which stored evaluations are of data of another time or source? Their names.",
        VALIDATION,
        many=True,
    ),
    Statement("external_party", "Tested by", "Who did the external test?", VALIDATION),
    Statement(
        "external_representativeness",
        "Representativeness of the external data",
        "Whom do the external data represent?",
        VALIDATION,
    ),
    Statement("external_process", "Process", "How was the external test done?", VALIDATION),
    Statement(
        "external_results", "Validity on external data", "How well did it do there?", VALIDATION
    ),
    Statement(
        "external_fairness", "Fairness on external data", "How fair was it there?", VALIDATION
    ),
    Statement(
        "outcome_evaluations",
        "Effect on outcomes",
        "Which studies tell whether its use changes outcomes?",
        VALIDATION,
        many=True,
    ),
    # maintenance
    Statement(
        "validity_monitoring",
        "Monitoring of validity",
        "How, and how often, is its validity looked at over time?",
        MAINTENANCE,
        required=True,
    ),
    Statement(
        "local_validity", "Validity on local data", "How valid is it where it is used?", MAINTENANCE
    ),
    Statement(
        "fairness_monitoring",
        "Monitoring of fairness",
        "How, and how often, is its fairness looked at over time?",
        MAINTENANCE,
    ),
    Statement(
        "local_fairness", "Fairness on local data", "How fair is it where it is used?", MAINTENANCE
    ),
    Statement(
        "update_process",
        "Updates",
        "How, and how often, is it updated?",
        MAINTENANCE,
        required=True,
    ),
    Statement(
        "correction_process",
        "Correction",
        "How soon is it corrected when risks are found?",
        MAINTENANCE,
    ),
    Statement("security", "Security", "How are the model and its data protected?", MAINTENANCE),
    # openness
    Statement("developer", "Developer", "Who developed it?", OPENNESS, required=True),
    Statement("contact", "Contact", "Whom to ask, and how?", OPENNESS, required=True),
    Statement("owner", "Owner", "Who is responsible for it?", OPENNESS, derived=True),
    Statement("funding", "Funding", "Who paid for its development?", OPENNESS, required=True),
    Statement("conflicts_of_interest", "Conflicts of interest", "Which are there?", OPENNESS),
    Statement("ethical_approval", "Ethical approval", "Who approved it, and when?", OPENNESS),
    Statement("protocol", "Protocol", "Where is the protocol?", OPENNESS),
    Statement("registration", "Registration", "Where is the study registered?", OPENNESS),
    Statement("data_availability", "Availability of data", "Who can get the data?", OPENNESS),
    Statement("code_availability", "Availability of code", "Who can get the code?", OPENNESS),
    Statement(
        "patient_involvement",
        "Patients and public",
        "How were patients, the public and users involved?",
        OPENNESS,
    ),
    Statement("third_parties", "Third parties", "What of it comes from others?", OPENNESS),
    Statement("publications", "Publications", "Where is it published?", OPENNESS, many=True),
    Statement("bibliography", "Bibliography", "Which works does it rest on?", OPENNESS, many=True),
    # release
    Statement(
        "regulatory_status",
        "Regulatory status",
        "Is it a medical device, and what was it cleared for?",
        RELEASE,
        required=True,
    ),
    Statement("release_stage", "Release stage", "Research, pilot, in use, withdrawn?", RELEASE),
    Statement("availability", "Availability", "In which countries may it be used?", RELEASE),
    Statement("licence", "Licence", "SPDX identifier of its licence, or its name.", RELEASE),
    Statement("ehr_compatibility", "Works with", "Which record systems?", RELEASE, many=True),
    Statement("consent", "Consent and disclosure", "What are patients told or asked?", RELEASE),
    Statement("reimbursement", "Reimbursement", "Is its use paid for?", RELEASE),
    Statement("clinical_trial", "Clinical trial", "Is there one?", RELEASE),
    Statement("keywords", "Keywords", "Words to find it by.", RELEASE, many=True),
)
BY_KEY: Final = {statement.key: statement for statement in STATEMENTS}
REQUIRED: Final = tuple(statement for statement in STATEMENTS if statement.required)
