"""The requests of `linear` over gRPC, by Qdrant's client library, for who has it."""

import grpc
from qdrant_client import QdrantClient, models
from server import Refused

CODES = {
    grpc.StatusCode.NOT_FOUND: 404, grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
}  # fmt: skip
# How a call ends whose server is killed, or ends in order: it may have taken effect.
CUT_OFF = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


class GrpcClient:
    """One connection, which takes what is sent over REST as method, path and body."""

    def __init__(self, address: str, collection: str, timeout: float = 30):
        host, _, port = address.partition(":")
        self.base = f"/collections/{collection}/points"
        self.name = collection
        self.client = QdrantClient(
            host=host, grpc_port=int(port), prefer_grpc=True, https=False, timeout=int(timeout),
            check_compatibility=False)  # fmt: skip

    def result(self, method: str, path: str, body=None):
        try:
            return self.ask(method, path.removeprefix(self.base).partition("?")[0], body or {})
        except grpc.RpcError as error:
            if error.code() in CUT_OFF:
                raise ConnectionError(error.details()) from error
            status = CODES.get(error.code(), 500)
            raise Refused(status, f"{error.code()} {error.details()}") from error

    def ask(self, method: str, end: str, body: dict):
        client, name = self.client, self.name
        match method, end:
            case "PUT", "":
                return client.upsert(name, structs(body["points"]), **conditions(body))
            case "PUT", "/vectors":
                vectors = [models.PointVectors(**point) for point in body["points"]]
                return client.update_vectors(name, vectors, **conditions(body))
            case "POST", "/delete":
                return client.delete(name, chosen(body))
            case "POST", "/payload":
                return client.set_payload(name, body["payload"], chosen(body))
            case "PUT", "/payload":
                return client.overwrite_payload(name, body["payload"], chosen(body))
            case "POST", "/batch":
                operations = [operation(one) for one in body["operations"]]
                return client.batch_update_points(name, operations)
            case "POST", "":
                return records(client.retrieve(name, body["ids"], **shown(body)))
            case "POST", "/scroll":
                page, _ = client.scroll(name, filter_of(body), **shown(body))
                return {"points": records(page)}
            case "POST", "/query":
                found = client.query_points(
                    name, body["query"], query_filter=filter_of(body), **shown(body)).points
                return {"points": records(found)}
        assert method == "GET", f"{method} {end} has no form over gRPC"
        id = int(end[1:]) if end[1:].isdigit() else end[1:]
        found = records(client.retrieve(name, [id], with_payload=True, with_vectors=True))
        if not found:
            raise Refused(404, f"Point with id {id} is not shown")
        return found[0]

    def close(self) -> None:
        self.client.close()


def structs(points: list[dict]) -> list[models.PointStruct]:
    return [models.PointStruct(**point) for point in points]


def filter_of(body: dict) -> models.Filter:
    return models.Filter(**body["filter"])


def chosen(body: dict):
    return body["points"] if "points" in body else filter_of(body)


def shown(body: dict) -> dict:
    return {"with_payload": body["with_payload"], "with_vectors": body["with_vector"]}


def conditions(body: dict) -> dict:
    found = {}
    if "update_filter" in body:
        found["update_filter"] = models.Filter(**body["update_filter"])
    if "update_mode" in body:
        found["update_mode"] = models.UpdateMode(body["update_mode"])
    return found


def operation(body: dict):
    """A part of a batch."""
    match body:
        case {"delete": selected}:
            return models.DeleteOperation(delete=models.PointIdsList(**selected))
        case {"upsert": upsert}:
            return models.UpsertOperation(upsert=models.PointsList(**upsert))
        case {"set_payload": payload}:
            return models.SetPayloadOperation(set_payload=models.SetPayload(**payload))
        case {"update_vectors": vectors}:
            return models.UpdateVectorsOperation(update_vectors=models.UpdateVectors(**vectors))
    raise AssertionError(f"{body} has no form over gRPC")


def records(found) -> list[dict]:
    """As REST shows them."""
    return [{"id": one.id, "vector": one.vector, "payload": one.payload,
             "score": getattr(one, "score", None)} for one in found]  # fmt: skip
