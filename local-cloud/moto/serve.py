"""Serves moto's S3, SQS and DynamoDB on a loopback port, with connections kept open.

Usage: serve.py [PROVIDER_URL]

With the URL of a resource provider (stacks.py) it also serves what a deployment calls: CloudFormation, IAM, STS,
KMS and CloudWatch, and checks permissions on request.
Prints the port on standard output once it answers, and ends when standard input closes, so it never outlives the
process that started it, however that one ended.
"""

import io
import os
import resource
import signal
import sys
import threading


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


# Before the imports, which take a second or more: the parent may end meanwhile.
threading.Thread(target=end_with_parent, daemon=True).start()
# Python's default, an exception in the main thread, would leave a running server that answers nothing.
signal.signal(signal.SIGINT, signal.SIG_DFL)

# Read by moto when it is imported. The CORS layer costs time on each request and no SDK needs it.
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"

from patched_version import require_patched_version  # noqa: E402

# Before the first import of moto: another version may lack what the patches need.
require_patched_version()

from cheroot import wsgi  # noqa: E402
from moto.core.request import (  # noqa: E402
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.utils import convert_to_flask_response  # noqa: E402
from moto.moto_server.werkzeug_app import BackendRequest, create_backend_app  # noqa: E402
from moto.s3.responses import S3Response  # noqa: E402

from event_times import time_events_by_writes  # noqa: E402
from exact_numbers import calculate_as_dynamodb_does  # noqa: E402
from integrity import refuse_what_s3_refuses  # noqa: E402
from inventory_fields import keep_inventory_fields  # noqa: E402
from large_objects import PIECE_BYTES, keep_large_objects_out_of_memory  # noqa: E402
from part_listing import list_parts_as_s3_does  # noqa: E402
from queues import index_queues  # noqa: E402
from removal_events import tell_of_removals  # noqa: E402
from replication_rules import keep_replication_filters  # noqa: E402

# A long poll of SQS holds its thread for up to 20 seconds, so there are many more threads than cores.
THREADS = 48
IDLE_CONNECTION_SECONDS = 120
# Further services that a deployment and its functions call: the service name in the signature, and moto's package.
DEPLOYMENT_SERVICES = {
    "cloudformation": "cloudformation",
    "ec2": "ec2",
    "iam": "iam",
    "kms": "kms",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "servicequotas": "servicequotas",
    "sts": "sts",
}


class MotoGateway(wsgi.Gateway_10):
    """WSGI with the extras that moto takes from its own server, and large bodies written in pieces."""

    def write(self, chunk):
        # cheroot copies the rest of a chunk at each send, which is quadratic in the size of the chunk.
        for start in range(0, len(chunk), PIECE_BYTES):
            super().write(chunk[start : start + PIECE_BYTES])

    def get_environ(self):
        environ = super().get_environ()
        # The path as it was sent: a decoded one cannot tell `%2F` in a key from `/`.
        environ["RAW_URI"] = environ["REQUEST_URI"]
        # WSGI cannot tell `my_key` from `my-key`; user metadata can.
        names = (name.decode("latin-1") for name in self.req.inheaders)
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
            environ_key_for_header(name): name for name in names if should_preserve_original_header_name(name)
        }
        return environ


class ObjectRequest(BackendRequest):
    """A request with an unparsed body: moto would parse an object that has the content type of a form."""

    @property
    def want_form_data_parsed(self) -> bool:
        return self.method == "POST"


def create_s3_application():
    application = create_backend_app("s3")
    application.request_class = ObjectRequest
    # moto's own route stops at a line break, which is legal in a key.
    application.add_url_rule(
        r'/<regex("[^/]+"):bucket_name>/<regex("(?s:.+)"):key_name>',
        methods=["GET", "HEAD", "PUT", "POST", "DELETE"],
        endpoint="any_key",
        view_func=convert_to_flask_response(S3Response.key_dispatch),
    )
    return application


class Dispatcher:
    """Sends each request to the service that it is signed for; unsigned ones are for S3.

    moto's own dispatcher looks through the folders of all its services on each request, which doubles the cost.
    """

    def __init__(self, further_services: dict[str, str]):
        services = {
            "sqs": "sqs",
            "dynamodb": "dynamodb",
            "monitoring": "cloudwatch",
            "moto_api": "moto_api",
            **further_services,
        }
        self.applications = {name: create_backend_app(package) for name, package in services.items()}
        self.applications["s3"] = create_s3_application()
        self.writes = {name: threading.Lock() for name in ("s3", "dynamodb")}

    def __call__(self, environ, start_response):
        service = self.service(environ)
        application = self.applications.get(service)
        if application is None:
            start_response("501 Not Implemented", [("Content-Type", "text/plain")])
            return [f"The local cloud has no {service}".encode()]
        if service not in self.writes or environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return application(environ, start_response)
        # moto checks If-Match and If-None-Match and then writes, and reads a number and then adds. Without the lock, two
        # writers could both win, which S3 and DynamoDB rule out. The body is read first, so a slow sender blocks nobody.
        if "CONTENT_LENGTH" in environ:
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        with self.writes[service]:
            return application(environ, start_response)

    @staticmethod
    def service(environ) -> str:
        if environ["PATH_INFO"].startswith("/moto-api"):
            return "moto_api"
        # AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, ...
        scope = environ.get("HTTP_AUTHORIZATION", "").partition(",")[0].split("/")
        return scope[3] if len(scope) == 5 else "s3"


def main() -> None:
    provider_url = sys.argv[1] if len(sys.argv) > 1 else None
    # Each stored object and part over 5 MiB holds an open file.
    hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    keep_large_objects_out_of_memory()
    refuse_what_s3_refuses()
    list_parts_as_s3_does()
    keep_inventory_fields()
    keep_replication_filters()
    index_queues()
    time_events_by_writes()
    tell_of_removals()
    calculate_as_dynamodb_does()
    if provider_url is not None:
        # Imported only here: it needs packages that the other commands do not install.
        from permissions import check_what_iam_checks
        from stacks import deploy_with

        # Tests empty queues more often than once a minute.
        os.environ["MOTO_SQS_ENFORCE_STRICT_QUEUE_PURGE_BEHAVIOUR"] = "false"
        check_what_iam_checks()
        deploy_with(provider_url)
    dispatcher = Dispatcher(DEPLOYMENT_SERVICES if provider_url else {})
    server = wsgi.Server(
        ("127.0.0.1", 0), dispatcher, numthreads=THREADS, request_queue_size=512, timeout=IDLE_CONNECTION_SECONDS
    )
    server.gateway = MotoGateway
    server.prepare()
    print(server.bind_addr[1], flush=True)
    server.serve()


if __name__ == "__main__":
    main()
