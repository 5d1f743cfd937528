"""A survey of another service is refused, or doubted in words: case ids are alike in many services."""

import pandas as pd
import pytest

from mining import MiningError
from mining.improvement import Improvement
from mining.voice import feedback_of, nonresponse_of, read_survey
from mining.voice.tables import check_belongs


def survey(study, **columns):
    case = study.log.case_ids[0]
    rows = {
        "case_id": [case, case], "answered_at": ["2000-01-01T00:00:00Z", "2030-01-01T00:00:00Z"], "item": ["csat", "csat"],
        "score": [4, 5], "scale_min": [1, 1], "scale_max": [5, 5], "touchpoint": ["receive", "elsewhere"],
    }  # fmt: skip
    return read_survey(pd.DataFrame(rows | columns))


def test_a_survey_without_a_case_of_the_log_is_refused(study):
    with pytest.raises(
        MiningError, match=r"none of its 2 answers with a case_id meets a case .* names X1, X2, the log"
    ):
        survey(study, case_id=["X1", "X2"]).joined(study)


def test_a_survey_without_a_touchpoint_of_the_blueprint_is_refused(study):
    with pytest.raises(
        MiningError, match=r"none of the 2 touchpoints .* names apply, offer_back, the blueprint receive"
    ):
        check_belongs(survey(study, touchpoint=["apply", "offer_back"]), study)


def test_the_survey_of_another_service_is_refused_where_it_is_given(study):
    with pytest.raises(MiningError, match=r"survey_touchpoints.csv: none of the 4 touchpoints .* another service"):
        Improvement(study, survey="sample_logs/bank_loan/survey_touchpoints.csv")


def test_customers_without_a_case_are_no_reason_to_refuse(study):
    check_belongs(survey(study, case_id=[None, None], customer_id=["K1", "K2"], touchpoint=[None, None]), study)


def test_what_is_doubtful_is_counted_and_said(study):
    doubtful = survey(study)
    assert doubtful.joined(study).doubts == {"before_start": 1, "touchpoint": 1, "of": 2}
    for found in (
        feedback_of(study, doubtful),
        nonresponse_of(study, doubtful, attributes=[]),
        Improvement(study, survey=doubtful).shown("scores"),
    ):
        assert "Of the 2 answers 1 lie before their case began" in found.sentence()
        assert "2 条回答中有 1 条的接触点不在服务蓝图中" in found.sentence("zh")


def test_the_own_survey_is_not_doubted(study):
    own = read_survey("sample_logs/permit_receipt/survey.csv")
    assert own.joined(study).doubts == {}
    assert "is it the survey" not in feedback_of(study, own).sentence()
