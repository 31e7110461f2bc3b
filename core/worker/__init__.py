"""The process that does long work: `python -m core.worker`, started by core.jobs and nobody else.

__main__   takes jobs that wait, one after another, at low priority
watch      tells the lake how far the work is and what it prints; ends it when asked to
work       what each kind of job does
"""
