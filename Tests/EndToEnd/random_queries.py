"""Random trees of queries, drawn from a seed, in the form of the wire.

Sources are told apart by their weights and formulas by a rank; contexts and distributions, in which
many points score alike, stand at the root only: so a limit seldom cuts between equal scores.
"""

import random


class RandomQueries:
    def __init__(self, seed: int, makers: dict, rare: str | None = None):
        """`makers` draws a vector for each name: it takes a generator. `rare` is a name whose
        weights go by how rare indices are."""
        self.random = random.Random(seed)
        self.makers = makers
        self.rare = rare

    def request(self) -> dict:
        body = self.node(depth=self.random.choice([0, 1, 1, 2, 3]), is_root=True)
        if self.random.random() < 0.3:
            body["offset"] = self.random.choice([1, 3, 7])
        return body

    def node(self, depth: int, is_root: bool = False) -> dict:
        limit = self.random.choice([1, 3, 10, 25, 80])
        body = {"limit": limit}
        if self.random.random() < 0.4:
            body["filter"] = self.filter()
        if depth == 0:
            kinds = ["nearest"] * 5 + ["examples"] * 3 + ["order_by", "none"]
            body.update(self.query(self.random.choice(kinds), [], is_root))
        else:
            count = self.random.choice([1, 2, 2, 3])
            children = [self.node(self.random.randint(0, depth - 1)) for _ in range(count)]
            kinds = (
                ["nearest", "examples", "mmr", "order_by"] + ["fusion"] * 4 + ["formula"] * 4
            )  # fmt: skip
            body["prefetch"] = children
            body.update(self.query(self.random.choice(kinds), children, is_root))
        query = body.get("query")
        if query and "order_by" not in query and self.random.random() < 0.2:
            body["score_threshold"] = round(self.random.uniform(-0.5, 0.8), 3)
        if self.random.random() < 0.1:
            body["params"] = {"exact": True}
        if body.get("using") == self.rare is not None and self.random.random() < 0.5:
            body["params"] = {"idf": {"corpus": self.filter()}}
        return body

    # Queries

    def query(self, kind: str, children: list, is_root: bool) -> dict:
        if kind == "none":
            return {}
        if kind == "order_by":
            direction = self.random.choice(["asc", "desc"])
            return {"query": {"order_by": {"key": "rank", "direction": direction}}}
        if kind == "fusion":
            return {"query": self.fusion(len(children), is_root)}
        if kind == "formula":
            defaults = {"price": 2.5, "$score[1]": 0.25} if self.random.random() < 0.5 else {}
            formula = self.expression(3)
            if not is_root:
                small = {"exp_decay": {"x": formula, "scale": 1000}}
                formula = {"sum": [small, {"mult": ["rank", 0.0137]}]}
            return {"query": {"formula": formula, "defaults": defaults}}
        using = self.random.choice(list(self.makers))
        if kind == "nearest":
            return {"query": {"nearest": self.vector(using)}, "using": using}
        if kind == "mmr":
            mmr = {"diversity": round(self.random.random(), 2), "candidates_limit": 20}
            return {"query": {"nearest": self.vector(using), "mmr": mmr}, "using": using}
        return {"query": self.examples(using, is_root), "using": using}

    def fusion(self, sources: int, is_root: bool) -> dict:
        if is_root and self.random.random() < 0.4:
            return {"fusion": "dbsf"}
        weights = [round(self.random.uniform(0.2, 3), 3) for _ in range(sources)]
        return {"rrf": {"k": self.random.choice([1, 2, 5, 60]), "weights": weights}}

    def examples(self, using: str, is_root: bool) -> dict:
        kinds = ["best_score", "sum_scores", "discover", "feedback"]
        kind = self.random.choice(kinds + ["context"] * is_root)
        vectors = [self.vector(using) for _ in range(4)]
        if kind in ("best_score", "sum_scores"):
            split = self.random.choice([1, 2, 3])
            recommend = {"positive": vectors[:split], "negative": vectors[split:], "strategy": kind}
            return {"recommend": recommend}
        context = [
            {"positive": vectors[0], "negative": vectors[1]},
            {"positive": vectors[2], "negative": self.vector(using)},
        ]
        if kind == "discover":
            return {"discover": {"target": vectors[3], "context": context}}
        if kind == "context":
            return {"context": context}
        feedback = [
            {"example": vector, "score": round(self.random.random(), 2)} for vector in vectors[:3]
        ]
        naive = {"a": 0.8, "b": round(self.random.random() * 2, 2), "c": 0.4}
        return {
            "relevance_feedback": {
                "target": vectors[3], "feedback": feedback, "strategy": {"naive": naive}
            }
        }  # fmt: skip

    def vector(self, using: str):
        return self.makers[using](self.random)

    # Formulas

    def expression(self, depth: int):
        if depth == 0:
            return self.random.choice(
                ["$score", "$score[0]", "$score[1]", "price", "rank", 0.5, 2, -1.25]
                + [self.condition(), {"datetime_key": "when"}, {"datetime": "2024-05-01T12:00:00Z"}]
            )
        kind = self.random.choice(
            ["sum", "mult", "div", "pow", "function", "decay", "geo", "score", "score"]
        )
        if kind in ("sum", "mult"):
            count = self.random.choice([1, 2, 3])
            return {kind: [self.expression(depth - 1) for _ in range(count)]}
        if kind == "div":
            left, right = self.expression(depth - 1), self.expression(depth - 1)
            default = {"by_zero_default": 3} if self.random.random() < 0.6 else {}
            return {"div": {"left": left, "right": right, **default}}
        if kind == "pow":
            exponent = self.random.choice([2, 0.5, -1])
            return {"pow": {"base": self.expression(depth - 1), "exponent": exponent}}
        if kind == "function":
            name = self.random.choice(["neg", "abs", "abs", "sqrt", "exp", "log10", "ln"])
            return {name: self.expression(depth - 1)}
        if kind == "decay":
            name = self.random.choice(["lin_decay", "exp_decay", "gauss_decay"])
            decay = {"x": self.expression(depth - 1)}
            if self.random.random() < 0.5:
                decay["target"] = self.expression(0)
            if self.random.random() < 0.5:
                decay |= {"scale": self.random.choice([0.5, 20]), "midpoint": 0.25}
            return {name: decay}
        if kind == "geo":
            return {"geo_distance": {"origin": {"lon": 11.5, "lat": 48.1}, "to": "place"}}
        return "$score"

    # Filters

    def filter(self) -> dict:
        clause = self.random.choice(["must", "should", "must_not"])
        return {clause: [self.condition() for _ in range(self.random.choice([1, 2]))]}

    def condition(self) -> dict:
        if self.random.random() < 0.5:
            return {"key": "kind", "match": {"any": self.random.sample(["a", "b", "c", "d"], 2)}}
        return {"key": "rank", "range": {"gte": self.random.choice([0, 10, 30])}}
