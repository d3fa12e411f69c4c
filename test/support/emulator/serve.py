"""Serves ministack on a loopback port: AWS with CloudFormation, for the SAM CLI to deploy to.

Prints the port on standard output, and ends when standard input closes, so it never outlives the process that started it.
This file fixes five problems of ministack that would prevent any deployment:
- Conditions do not resolve pseudo parameters, so `!Equals [!Ref AWS::Region, eu-west-1]` is false everywhere.
- Templates of nested stacks are not transformed, and `AWS::Serverless::Function` is not a supported type.
- An update of a nested stack forgets the attributes of resources in it that do not change.
- Unsupported resource types abort a deployment: here they exist by name only. So do event source mappings, as no function runs.
- Custom resources start the function's container, which does not exist: here they are answered with success.
"""

import os
import socket
import sys
import threading

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
# Read by ministack when it is imported.
os.environ.update(GATEWAY_PORT=str(port), BIND_HOST="127.0.0.1", MINISTACK_ACCOUNT_ID="111122223333", LOG_LEVEL="WARNING")

from ministack import app  # noqa: E402
from ministack.core.responses import get_account_id, get_region  # noqa: E402
from ministack.services import cloudformation  # noqa: E402, F401
from ministack.services.cloudformation import custom_resource, engine, provisioners  # noqa: E402

NAMES_ONLY = (
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::Lambda::EventSourceMapping",
)

evaluate = engine._evaluate_conditions


def evaluate_with_pseudo_parameters(template, parameters):
    pseudo = {"AWS::Region": get_region(), "AWS::AccountId": get_account_id(), "AWS::Partition": "aws"}
    return evaluate(template, {**{name: {"Value": value} for name, value in pseudo.items()}, **parameters})


def answer_custom_resource(request_type, logical_id, props, stack_name, stack_id, resource_type, physical_id=None, old_props=None):
    return physical_id or f"{stack_name}-{logical_id}", {"Prices": "{}"}


# Modules that import the function by name.
for module in [module for name, module in sys.modules.items() if name.startswith("ministack.services.cloudformation")]:
    if getattr(module, "_evaluate_conditions", None) is evaluate:
        module._evaluate_conditions = evaluate_with_pseudo_parameters
# Only nested stacks look it up there at each call.
parse = engine._parse_template
engine._parse_template = lambda body: engine._apply_transforms(parse(body))
attributes = {}
provision, update = provisioners._provision_resource, provisioners._update_resource


def remember(resource_type, made):
    physical_id, attributes[resource_type, made[0]] = made
    return made


def provision_and_remember(resource_type, *args):
    return remember(resource_type, provision(resource_type, *args))


def update_and_remember(resource_type, physical_id, old, new, stack_name, logical_id=None, old_attrs=None):
    known = old_attrs or attributes.get((resource_type, physical_id))
    return remember(resource_type, update(resource_type, physical_id, old, new, stack_name, logical_id, known))


# Only nested stacks look these up there.
provisioners._provision_resource = provision_and_remember
provisioners._update_resource = update_and_remember
for name in NAMES_ONLY:
    provisioners._RESOURCE_HANDLERS[name] = {
        "create": lambda logical_id, props, stack_name: (f"{stack_name}-{logical_id}", {}),
        "update": lambda physical_id, *_: (physical_id, {}),
        "delete": lambda *_: None,
    }
custom_resource.invoke_custom_resource = answer_custom_resource


def end_with_the_caller():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_the_caller, daemon=True).start()
print(port, flush=True)
sys.stdout = sys.stderr
sys.argv = ["ministack"]
app.main()
