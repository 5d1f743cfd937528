"""What customers, shoppers and interviews say, beside what the log shows."""

from mining.voice.ahp import ahp_of, read_judgements
from mining.voice.candidates import candidates_of
from mining.voice.coders import agreement_of, incident_table, saturation_of
from mining.voice.feedback import feedback_channels, feedback_of
from mining.voice.gaps import five_gaps
from mining.voice.importance import importance_of
from mining.voice.incidents import read_incidents
from mining.voice.ipa import ipa_of
from mining.voice.kano import kano_of
from mining.voice.mystery import read_mystery
from mining.voice.needs import read_needs
from mining.voice.needs_matrix import needs_by_segment, needs_matrix
from mining.voice.nonresponse import nonresponse_of
from mining.voice.penalty_reward import penalty_reward_of
from mining.voice.periods import nps_by_period
from mining.voice.reliability import reliability_of
from mining.voice.scales import scores_of
from mining.voice.servqual import servperf_of, touchpoint_gaps
from mining.voice.shopping import pass_rates, rotation_of, visit_plan
from mining.voice.survey import read_survey
from mining.voice.tables import Incidents, Joined, Mystery, Needs, Survey
from mining.voice.traceability import traceability_of
from mining.voice.triangulation import triangulation_of

__all__ = [
    "Incidents",
    "Joined",
    "Mystery",
    "Needs",
    "Survey",
    "agreement_of",
    "ahp_of",
    "candidates_of",
    "feedback_channels",
    "feedback_of",
    "five_gaps",
    "importance_of",
    "incident_table",
    "ipa_of",
    "kano_of",
    "needs_by_segment",
    "needs_matrix",
    "nonresponse_of",
    "nps_by_period",
    "pass_rates",
    "penalty_reward_of",
    "read_incidents",
    "read_judgements",
    "read_mystery",
    "read_needs",
    "read_survey",
    "reliability_of",
    "rotation_of",
    "saturation_of",
    "scores_of",
    "servperf_of",
    "touchpoint_gaps",
    "traceability_of",
    "triangulation_of",
    "visit_plan",
]
