"""Serves moto's S3, SQS, Athena and Step Functions, including state machines, on a loopback port.

Usage: serve.py FUNCTIONS_URL

Prints the port once it answers, and ends when standard input closes. Invocations of functions go to FUNCTIONS_URL, because
moto would run them in Docker.
"""

import os
import sys
import urllib.request

PROJECT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
sys.path.insert(0, os.path.join(PROJECT, "local-cloud", "moto"))

import serve  # noqa: E402
from moto.core.config import default_user_config  # noqa: E402

INVOCATION_SECONDS = 900


class FunctionGateway:
    """Forwards an invocation, and returns the answer."""

    def __init__(self, url: str):
        self.url = url

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        request = urllib.request.Request(self.url + environ["PATH_INFO"], data=body, method="POST")
        with urllib.request.urlopen(request, timeout=INVOCATION_SECONDS) as answer:
            content = answer.read()
            error = answer.headers.get("X-Amz-Function-Error")
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        start_response("200 OK", [*headers, ("X-Amz-Function-Error", error)] if error else headers)
        return [content]


def main() -> None:
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    serve.index_queues()
    dispatcher = serve.Dispatcher({"athena": "athena", "states": "stepfunctions", "sts": "sts"})
    dispatcher.applications["lambda"] = FunctionGateway(sys.argv[1])
    server = serve.wsgi.Server(("127.0.0.1", 0), dispatcher, numthreads=serve.THREADS, request_queue_size=512)
    server.gateway = serve.MotoGateway
    server.prepare()
    port = server.bind_addr[1]
    # Where the interpreter finds S3 and Lambda.
    os.environ["MOTO_PORT"] = str(port)
    print(port, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
