"""How probably a passage answers a question: measured, weighed by trees that were trained on open data, calibrated.

`LearnedJudge` is the door; `WithReranker` blends a cross-encoder outside into it.
"""

from zhiyin.service.knowledge.judge.learned import ANSWER_FROM, CLARIFY_FROM, Judgement, LearnedJudge
from zhiyin.service.knowledge.judge.reranked import WithReranker

__all__ = ["ANSWER_FROM", "CLARIFY_FROM", "Judgement", "LearnedJudge", "WithReranker"]
