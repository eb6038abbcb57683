"""How probably a passage answers a question: measured, weighed by trees that were trained on open data, calibrated.

`LearnedJudge` is the door; `WithReranker` blends a cross-encoder outside into it.
"""

from zhiyin.service.knowledge.judge.learned import Judgement, LearnedJudge
from zhiyin.service.knowledge.judge.reranked import WithReranker

__all__ = ["Judgement", "LearnedJudge", "WithReranker"]
