"""Queries in the form of the wire, told to Qdrant's own engine (qdrant-edge-py)."""

import qdrant_edge as edge
from edge_engine import to_condition, to_filter, to_point

DECAYS = {
    "lin_decay": edge.DecayKind.Lin, "exp_decay": edge.DecayKind.Exp,
    "gauss_decay": edge.DecayKind.Gauss,
}  # fmt: skip
FUNCTIONS = {
    "neg": "Neg", "abs": "Abs", "sqrt": "Sqrt", "exp": "Exp", "log10": "Log10", "ln": "Ln",
}  # fmt: skip


def to_request(body: dict) -> edge.QueryRequest:
    return edge.QueryRequest(offset=body.get("offset", 0), with_payload=False, **parts(body))


def to_prefetch(body: dict) -> edge.Prefetch:
    return edge.Prefetch(**parts(body))


def parts(body: dict) -> dict:
    limit = body.get("limit", 10)
    filter = body.get("filter")
    params = body.get("params")
    return {
        "limit": limit,
        "query": to_query(body.get("query"), body.get("using"), limit),
        "prefetches": [to_prefetch(child) for child in body.get("prefetch", [])] or None,
        "filter": None if filter is None else to_filter(filter),
        "score_threshold": body.get("score_threshold"),
        "params": None if params is None else to_params(params),
    }


def to_params(params: dict) -> edge.SearchParams:
    idf = params.get("idf")
    corpus = None if idf is None else edge.IdfParams(to_filter(idf["corpus"]))
    return edge.SearchParams(exact=params.get("exact", False), idf=corpus)


def to_vector(vector):
    if isinstance(vector, dict):
        return edge.SparseVector(vector["indices"], vector["values"])
    return vector


def to_query(query, using, limit: int):
    if query is None:
        return None
    (name, value), *_ = query.items()
    if name == "nearest":
        vector = to_vector(value)
        if "mmr" in query:
            mmr = query["mmr"]
            candidates = mmr.get("candidates_limit", limit)
            return edge.Mmr(vector, 1 - mmr.get("diversity", 0.5), candidates, using)
        return edge.Query.Nearest(vector, using)
    if name == "recommend":
        examples = [[to_vector(v) for v in value.get(n, [])] for n in ("positive", "negative")]
        kinds = {
            "best_score": edge.Query.RecommendBestScore, "sum_scores": edge.Query.RecommendSumScores
        }  # fmt: skip
        return kinds[value["strategy"]](edge.RecommendQuery(*examples), using)
    if name == "discover":
        query = edge.DiscoverQuery(to_vector(value["target"]), pairs(value["context"]))
        return edge.Query.Discover(query, using)
    if name == "context":
        return edge.Query.Context(edge.ContextQuery(pairs(value)), using)
    if name == "relevance_feedback":
        items = [edge.FeedbackItem(to_vector(i["example"]), i["score"]) for i in value["feedback"]]
        strategy = edge.NaiveFeedbackStrategy(**value["strategy"]["naive"])
        query = edge.FeedbackNaiveQuery(to_vector(value["target"]), items, strategy)
        return edge.Query.FeedbackNaive(query, using)
    if name == "order_by":
        direction = getattr(edge.Direction, value.get("direction", "asc").capitalize())
        return edge.OrderBy(value["key"], direction, value.get("start_from"))
    if name == "fusion":
        return edge.Fusion.Dbsf() if value == "dbsf" else edge.Fusion.Rrf(2)
    if name == "rrf":
        return edge.Fusion.Rrf(value.get("k", 2), value.get("weights"))
    if name == "formula":
        return edge.Formula(to_expression(value), query.get("defaults", {}))
    assert name == "sample"
    return edge.Sample.Random


def pairs(context: list) -> list:
    return [
        edge.ContextPair(to_vector(pair["positive"]), to_vector(pair["negative"]))
        for pair in context
    ]


def to_expression(value):
    kinds = edge.Expression
    if isinstance(value, (int, float)):
        return kinds.Constant(value)
    if isinstance(value, str):
        return kinds.Variable(value)
    name, operand = next(iter(value.items()))
    if name in ("sum", "mult"):
        return getattr(kinds, name.capitalize())([to_expression(term) for term in operand])
    if name in FUNCTIONS:
        return getattr(kinds, FUNCTIONS[name])(to_expression(operand))
    if name in DECAYS:
        target = operand.get("target")
        return kinds.Decay(
            DECAYS[name], to_expression(operand["x"]),
            None if target is None else to_expression(target),
            operand.get("midpoint"), operand.get("scale"),
        )  # fmt: skip
    if name == "div":
        sides = [to_expression(operand[side]) for side in ("left", "right")]
        return kinds.Div(*sides, operand.get("by_zero_default"))
    if name == "pow":
        return kinds.Pow(to_expression(operand["base"]), to_expression(operand["exponent"]))
    if name == "geo_distance":
        return kinds.GeoDistance(to_point(operand["origin"]), operand["to"])
    if name == "datetime":
        return kinds.Datetime(operand)
    if name == "datetime_key":
        return kinds.DatetimeKey(operand)
    return kinds.Condition(to_condition(value))
