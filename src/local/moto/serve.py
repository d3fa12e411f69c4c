"""Serves moto's S3, SQS and DynamoDB on a loopback port, with connections kept open.

Prints the port on standard output once it answers, and ends when standard input closes: so it never
outlives the process that started it, however that one ended.
"""

import io
import os
import resource
import sys
import threading

# Read by moto when it is imported. The CORS layer costs time on each request and no SDK needs it.
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"

from cheroot import wsgi  # noqa: E402
from moto.core.request import (  # noqa: E402
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.utils import convert_to_flask_response  # noqa: E402
from moto.moto_server.werkzeug_app import BackendRequest, create_backend_app  # noqa: E402
from moto.s3.responses import S3Response  # noqa: E402

from integrity import refuse_what_s3_refuses  # noqa: E402
from large_objects import PIECE_BYTES, keep_large_objects_out_of_memory  # noqa: E402
from queues import index_queues  # noqa: E402
from replication_rules import keep_replication_filters  # noqa: E402

# A long poll of SQS holds its thread for up to 20 seconds, so there are many more threads than cores.
THREADS = 48
IDLE_CONNECTION_SECONDS = 120


class MotoGateway(wsgi.Gateway_10):
    """WSGI with the extras that moto takes from its own server, and large bodies written in pieces."""

    def write(self, chunk):
        # cheroot copies what is left of a chunk at each send: quadratic in the size of the chunk.
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
    """A request whose body stays as it is: moto would take an object of a form's content type apart."""

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

    def __init__(self):
        self.applications = {name: create_backend_app(name) for name in ("sqs", "dynamodb", "moto_api")}
        self.applications["s3"] = create_s3_application()
        self.s3_writes = threading.Lock()

    def __call__(self, environ, start_response):
        service = self.service(environ)
        application = self.applications.get(service)
        if application is None:
            start_response("501 Not Implemented", [("Content-Type", "text/plain")])
            return [f"The local cloud has no {service}".encode()]
        if service != "s3" or environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return application(environ, start_response)
        # moto checks If-Match and If-None-Match, then writes: without the lock two writers could both win,
        # which S3 rules out. The body is read first, so that a slow sender holds nobody up.
        if "CONTENT_LENGTH" in environ:
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        with self.s3_writes:
            return application(environ, start_response)

    @staticmethod
    def service(environ) -> str:
        if environ["PATH_INFO"].startswith("/moto-api"):
            return "moto_api"
        # AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, ...
        scope = environ.get("HTTP_AUTHORIZATION", "").partition(",")[0].split("/")
        return scope[3] if len(scope) == 5 else "s3"


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
    # Each stored object and part over 5 MiB holds an open file.
    hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    keep_large_objects_out_of_memory()
    refuse_what_s3_refuses()
    keep_replication_filters()
    index_queues()
    server = wsgi.Server(
        ("127.0.0.1", 0), Dispatcher(), numthreads=THREADS, request_queue_size=512, timeout=IDLE_CONNECTION_SECONDS
    )
    server.gateway = MotoGateway
    server.prepare()
    print(server.bind_addr[1], flush=True)
    server.serve()


if __name__ == "__main__":
    main()
