"""The blueprint of the service whose effects are known: opening a business account, day and night, in eight steps."""

from __future__ import annotations

from collections.abc import Iterable

from mining.blueprint import parse_blueprint
from mining.blueprint.model import Blueprint

APPLY, CHECK_ID, ANSWER, CONSENT = "Application received", "Identity check", "First answer", "Customer consents"
WORK, REVIEW, NOTE, CLOSE = "Account set up", "Second review", "File note written", "Account opened"
CALL, OFFICE = "Customer chaser call", "Handed to second office"  # steps that the flow does not have
ANSWER_WITHIN_H = 4.0
CHANNELS = ("web", "phone", "branch")
FOREIGN_CHANNEL = "messenger"
AGENTS, SPECIALISTS = ("agent-1", "agent-2", "agent-3"), ("specialist-1", "specialist-2", "specialist-3")
ATTRIBUTES = {
    "complexity": "string",
    "channel": "string",
    "value": "number",
    "queue": "number",
    "customer": "string",
    "receipt": "string",
    "complained": "boolean",
    "effort": "number",
}

_TEXT = """
sbp: "1.0"
id: business-account
version: "2026-01"
name: {{en: Opening a business account, zh: 对公账户开立}}
service_type: linear
status: approved
owner: Head of Business Banking
approval: {{by: Service Board, date: 2025-12-01, ref: SB-2025-17}}
effective: {{from: 2026-01-01}}
scope:
  starts_with: [apply]
  ends_with: [close]
  unit_of_analysis: one application for a business account
lanes:
  - {{id: customer, kind: customer, name: {{en: Customer, zh: 客户}}}}
  - {{id: desk, kind: onstage, name: {{en: Service desk, zh: 服务台}}}}
  - {{id: casework, kind: backstage, name: {{en: Casework, zh: 后台处理}}}}
stages:
  - {{id: intake, name: {{en: Intake, zh: 受理}}}}
  - {{id: setup, name: {{en: Set-up, zh: 开户}}}}
roles:
  agent: {{name: {{en: Service agent, zh: 客服人员}}, resources: [{agents}]}}
  specialist: {{name: {{en: Account specialist, zh: 开户专员}}, resources: [{specialists}]}}
log:
  case: case_id
  activity: activity
  timestamp: completed
  resource: resource
  attributes:
{attributes}
  tz: UTC
activities:
  - id: apply
    lane: desk
    stage: intake
    labels: [{apply}]
    name: {{en: Receive the application, zh: 接收申请}}
    touchpoint:
      key: true
      evidence: [receipt number]
      proofs: [{{of: receipt number, attr: receipt}}]
      importance: 4
  - {{id: check_id, lane: desk, stage: intake, labels: [{check_id}], name: {{en: Check the identity, zh: 核验身份}}}}
  - id: answer
    lane: desk
    stage: intake
    labels: [{answer}]
    name: {{en: First answer, zh: 首次答复}}
    touchpoint: {{key: true, moment_of_truth: true, channels: [{channels}], rater: [responsiveness], importance: 5}}
  - {{id: consent, lane: customer, stage: intake, labels: [{consent}], name: {{en: Customer consents, zh: 客户同意}}}}
  - id: work
    lane: casework
    stage: setup
    role: specialist
    labels: [{work}]
    name: {{en: Set up the account, zh: 设置账户}}
  - {{id: review, lane: casework, stage: setup, labels: [{review}], name: {{en: Second review, zh: 复核}}}}
  - {{id: note, lane: casework, stage: setup, labels: [{note}], name: {{en: Write the file note, zh: 填写备注}}}}
  - {{id: close, lane: desk, stage: setup, labels: [{close}], name: {{en: Open the account, zh: 账户开通}}}}
  - {{id: call, lane: customer, stage: setup, labels: [{call}], name: {{en: Customer calls to ask, zh: 客户来电催问}}}}
  - {{id: office, lane: casework, stage: setup, labels: [{office}], name: {{en: Hand to the second office, zh: 转交第二网点}}}}
flow: [apply, check_id, answer, consent, work, review, note, close]
standards:
  - id: S1
    dimension: time
    metric: elapsed
    from: apply
    to: answer
    max: {within}
    share: 0.95
    calendar: null
    severity: major
    touchpoint: answer
    basis: "Service charter, section 2: a first answer within four hours, day and night"
"""


def service_text(attributes: Iterable[str]) -> str:
    """The blueprint as YAML text, for a log that has these attributes."""
    bound = "\n".join(f"    {name}: {{column: {name}, type: {ATTRIBUTES[name]}}}" for name in attributes)
    return _TEXT.format(
        attributes=bound,
        agents=", ".join(AGENTS),
        specialists=", ".join(SPECIALISTS),
        channels=", ".join(CHANNELS),
        within=f"{ANSWER_WITHIN_H:g}h",
        apply=APPLY,
        check_id=CHECK_ID,
        answer=ANSWER,
        consent=CONSENT,
        work=WORK,
        review=REVIEW,
        note=NOTE,
        close=CLOSE,
        call=CALL,
        office=OFFICE,
    ).lstrip()


def service(attributes: Iterable[str]) -> Blueprint:
    """The blueprint, for a log that has these attributes."""
    return parse_blueprint(service_text(attributes), name="business_account.yaml")
