"""Qdrant's own engine in this process (qdrant-edge-py), told in the form that the wire has."""

import uuid

import numpy
import qdrant_edge as edge

LANGUAGES = {name.lower(): getattr(edge.Language, name) for name in ("English", "German")}


class EdgeEngine:
    """One unnamed vector of two components, and payloads."""

    def __init__(self, folder):
        folder.mkdir()
        vectors = edge.EdgeVectorParams(size=2, distance=edge.Distance.Dot)
        self.shard = edge.EdgeShard.create(str(folder), edge.EdgeConfig(vectors=vectors))

    def close(self):
        self.shard.close()

    def ids(self, filter: dict) -> list:
        request = edge.ScrollRequest(limit=10_000, filter=to_filter(filter))
        return [shown(record.id) for record in self.shard.scroll(request)[0]]

    def contents(self) -> dict:
        request = edge.ScrollRequest(limit=10_000, with_payload=True)
        return {
            shown(record.id): record.payload or {} for record in self.shard.scroll(request)[0]
        }

    def create_index(self, field: str, schema):
        self.shard.update(edge.UpdateOperation.create_field_index(field, to_schema(schema)))

    def change(self, kind: str, body: dict):
        operation = edge.UpdateOperation
        if kind == "upsert":
            points = [
                edge.Point(to_id(point["id"]), point["vector"], point["payload"])
                for point in body["points"]
            ]
            self.shard.update(operation.upsert_points(points))
            return
        name = "delete_points" if kind == "delete" else kind
        if "filter" in body:
            method, target = getattr(operation, f"{name}_by_filter"), to_filter(body["filter"])
        else:
            method, target = getattr(operation, name), [to_id(id) for id in body["points"]]
        rest = [body[part] for part in ("payload", "keys", "key") if part in body]
        self.shard.update(method(target, *rest))


def to_id(id):
    return id if isinstance(id, int) else uuid.UUID(id)


def shown(id):
    return id if isinstance(id, int) else str(id)


def to_schema(schema):
    if isinstance(schema, str):
        return getattr(edge.PayloadSchemaType, schema.capitalize())
    options = {key: value for key, value in schema.items() if key != "type"}
    if "tokenizer" in options:
        options["tokenizer"] = getattr(edge.TokenizerType, options["tokenizer"].capitalize())
    if "stopwords" in options:
        options["stopwords"] = LANGUAGES[options["stopwords"]]
    if "stemmer" in options:
        language = options["stemmer"]["language"].capitalize()
        options["stemmer"] = edge.SnowballParams(getattr(edge.SnowballLanguage, language))
    return getattr(edge, f"{schema['type'].capitalize()}IndexParams")(**options)


def to_filter(filter: dict) -> edge.Filter:
    clauses = {
        clause: [to_condition(condition) for condition in filter[clause]]
        for clause in ("must", "should", "must_not")
        if clause in filter
    }
    if "min_should" in filter:
        part = filter["min_should"]
        conditions = [to_condition(condition) for condition in part["conditions"]]
        clauses["min_should"] = edge.MinShould(conditions, part["min_count"])
    return edge.Filter(**clauses)


def to_condition(condition: dict):
    if "key" in condition:
        demands = {name: to_demand(name, demand) for name, demand in condition.items()}
        return edge.FieldCondition(**demands)
    name, value = next(iter(condition.items()), ("must", []))
    if name == "is_empty":
        return edge.IsEmptyCondition(value["key"])
    if name == "is_null":
        return edge.IsNullCondition(value["key"])
    if name == "has_id":
        return edge.HasIdCondition({to_id(id) for id in value})
    if name == "has_vector":
        return edge.HasVectorCondition(value)
    if name == "slice":
        return edge.SliceCondition(value["total"], value["index"])
    if name == "nested":
        return edge.NestedCondition(value["key"], to_filter(value["filter"]))
    return to_filter(condition)


def to_demand(name: str, demand):
    if name == "match":
        return to_match(demand)
    if name == "range":
        is_datetime = any(isinstance(bound, str) for bound in demand.values())
        return (edge.RangeDateTime if is_datetime else edge.RangeFloat)(**demand)
    if name == "values_count":
        return edge.ValuesCount(**demand)
    if name == "geo_bounding_box":
        return edge.GeoBoundingBox(to_point(demand["top_left"]), to_point(demand["bottom_right"]))
    if name == "geo_radius":
        return edge.GeoRadius(to_point(demand["center"]), demand["radius"])
    if name == "geo_polygon":
        exterior, *interiors = [
            [to_point(point) for point in ring["points"]]
            for ring in [demand["exterior"], *demand.get("interiors", [])]
        ]
        return edge.GeoPolygon(exterior, interiors or None)
    return demand


def to_match(match: dict):
    (name, value), = match.items()
    kinds = {
        "value": edge.MatchValue, "any": edge.MatchAny, "except": edge.MatchExcept,
        "text": edge.MatchText, "text_any": edge.MatchTextAny, "phrase": edge.MatchPhrase,
        "prefix": edge.MatchPrefix,
    }  # fmt: skip
    # A bool of Python would be taken for an integer.
    return kinds[name](numpy.bool_(value) if isinstance(value, bool) else value)


def to_point(point: dict) -> edge.GeoPoint:
    return edge.GeoPoint(float(point["lon"]), float(point["lat"]))
