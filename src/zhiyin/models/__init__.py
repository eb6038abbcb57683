"""Minds outside: embedders, rerankers and language models, each behind its Protocol in `zhiyin.extend.models`."""
