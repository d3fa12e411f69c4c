"""Makes moto's CloudFormation good enough to deploy, update and delete a whole application.

This replaces the following behavior of moto 5.2.5:
- A nested stack has no outputs for its parent, and any change deletes and recreates it.
- `DependsOn` is ignored for a resource that is created early because another one refers to it.
- Resources that left the template are deleted before new ones are created, and deletion has no order.
- Custom resources need Docker, and are never updated or deleted.

moto also skips types that it does not support, and drops many properties of the others. So every resource that is
created, updated or deleted is reported to a provider, an HTTP server of the process that started this one: `{"action":
..., "region": ..., "stackId": ..., "logicalId": ..., "type": ..., "isKnown": ..., "physicalId": ..., "properties": ...,
"formerProperties": ...}`. Properties are as CloudFormation would see them; `isKnown` is true if moto has already made
the resource. The provider does the rest through the API of the services, and serves custom resources. It answers
`{"physicalId": ..., "attributes": {...}}`, or status 400 and the reason, which fails the stack.

Omitted, because no test needs them: rollback, and replacement of a resource whose physical id changes.
"""

import json
import re
import urllib.error
import urllib.request

from moto.cloudformation import models, parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.core.common_models import CloudFormationModel
from moto.utilities.utils import get_partition

STACK = "AWS::CloudFormation::Stack"
# moto would run functions in Docker for each message of a queue, and it cannot read the policies that it creates from templates.
LEFT_TO_PROVIDER = re.compile("AWS::Lambda::.*|AWS::IAM::Policy")
# A custom resource may take its time: the function behind it has 300 seconds.
PROVIDER_SECONDS = 330


class ProvidedResource(CloudFormationModel):
    """A resource that moto does not support: the provider made it."""

    # moto keeps a list of instances per service, and reads the service from the module name.
    __module__ = "moto.cloudformation.provided"

    def __init__(self, physical_resource_id: str, attributes: dict):
        self.physical_resource_id = physical_resource_id
        self.attributes = attributes

    @staticmethod
    def cloudformation_type() -> str:
        return "provided"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return True

    def get_cfn_attribute(self, name: str):
        return self.attributes[name]

    def delete(self, account_id: str, region_name: str) -> None:
        """Does nothing: the provider has deleted the resource."""


def is_known(kind: str) -> bool:
    return kind in parsing.get_model_map() and not LEFT_TO_PROVIDER.fullmatch(kind)


def is_wanted(resources: ResourceMap, definition: dict) -> bool:
    condition = definition.get("Condition")
    return condition is None or resources.lazy_condition_map[condition]


def dependencies(definition: dict) -> list[str]:
    depends = definition.get("DependsOn", [])
    return [depends] if isinstance(depends, str) else depends


def references(value) -> list[str]:
    """Every name that a definition refers to, in any way."""
    if isinstance(value, list):
        return [name for item in value for name in references(item)]
    if not isinstance(value, dict):
        return []
    found = dependencies(value)
    for key, item in value.items():
        if key == "Ref":
            found = [*found, item]
        elif key == "Fn::GetAtt":
            found = [*found, item[0]]
        else:
            text = item if isinstance(item, str) and key == "Fn::Sub" else ""
            found = [*found, *re.findall(r"\$\{([^!.}]+)", text), *references(item)]
    return found


def in_order(definitions: dict) -> list[str]:
    """Each resource after those that it refers to."""
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in ordered or name not in definitions:
            return
        for other in references(definitions[name]):
            visit(other)
        ordered[name] = None

    for name in definitions:
        visit(name)
    return list(ordered)


class Provider:
    def __init__(self, url: str):
        self.url = url

    def tell(self, resources: ResourceMap, action: str, name: str, **facts) -> dict:
        """Returns the answer of the provider; raises ValidationError with its reason if it fails."""
        stack = {"region": resources._region_name, "stackId": resources.stack_id, "logicalId": name}
        body = json.dumps({"action": action, "isKnown": is_known(facts["type"]), **stack, **facts}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PROVIDER_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as refusal:
            raise ValidationError(message=f"{name}: {refusal.read().decode()}") from refusal


class Engine:
    """Replaces how moto's ResourceMap creates, updates and deletes. It keeps the fields of ResourceMap, which other code uses."""

    def __init__(self, provider: Provider):
        self.provider = provider

    def get(self, resources: ResourceMap, name: str):
        if name in resources._parsed_resources:
            return resources._parsed_resources[name]
        definition = resources._resource_json_map[name]
        if not is_wanted(resources, definition):
            return None
        for dependency in dependencies(definition):
            self.get(resources, dependency)
        resource = self.create(resources, name, definition)
        resource.logical_resource_id = name
        resource.cf_resource_type = definition["Type"]
        resources._parsed_resources[name] = resource
        return resource

    def create(self, resources: ResourceMap, name: str, definition: dict):
        kind = definition["Type"]
        properties = parsing.clean_json(definition.get("Properties", {}), resources)
        resources.properties[name] = properties
        facts = {"type": kind, "properties": properties}
        if not is_known(kind):
            answer = self.provider.tell(resources, "create", name, **facts)
            physical_id = answer.get("physicalId", f"{resources['AWS::StackName']}-{name}")
            return ProvidedResource(physical_id, answer.get("attributes", {}))
        model, resolved, physical_name = parsing.parse_resource_and_generate_name(name, definition, resources)
        place = (resources._account_id, resources._region_name)
        context = {"LogicalId": name, "StackId": resources.stack_id, "ResourceType": kind}
        resource = model.create_from_cloudformation_json(physical_name, resolved, *place, **context)
        if kind != STACK:
            self.provider.tell(resources, "create", name, physicalId=resource.physical_resource_id, **facts)
        return resource

    def create_all(self, resources: ResourceMap, template: dict) -> bool:
        resources._template = template
        resources._resource_json_map = template["Resources"]
        for name in in_order(resources._resource_json_map):
            self.get(resources, name)
        return True

    def update_all(self, resources: ResourceMap, template: dict, parameters: dict | None = None) -> None:
        former = resources._resource_json_map
        resources._template = template
        resources._resource_json_map = {**former, **template["Resources"]}
        if parameters:
            resources.input_parameters = parameters
        resources.load_mapping()
        resources.load_parameters()
        resources.load_conditions()
        wanted = [n for n in in_order(template["Resources"]) if is_wanted(resources, template["Resources"][n])]
        for name in wanted:
            if name in resources._parsed_resources:
                self.update(resources, name)
            else:
                self.get(resources, name)
        # As in CloudFormation: resources that are no longer wanted are deleted last.
        self.delete_all(resources, [name for name in in_order(former) if name not in wanted])
        resources._resource_json_map = template["Resources"]

    def update(self, resources: ResourceMap, name: str) -> None:
        definition = resources._resource_json_map[name]
        kind = definition["Type"]
        resource = resources._parsed_resources[name]
        properties = parsing.clean_json(definition.get("Properties", {}), resources)
        former, resources.properties[name] = resources.properties[name], properties
        if kind == STACK:
            # Always: its template may have changed although the address has not.
            location, partition = properties["TemplateURL"], get_partition(resources._region_name)
            body = models.get_stack_from_s3_url(location, resources._account_id, partition)
            resource.update(body, parameters=properties.get("Parameters", {}))
            return
        if properties == former:
            return
        if is_known(kind):
            model, resolved, physical_name = parsing.parse_resource_and_generate_name(name, definition, resources)
            if not hasattr(model.update_from_cloudformation_json, "__isabstractmethod__"):
                place = (resources._account_id, resources._region_name)
                resource = model.update_from_cloudformation_json(resource, physical_name, resolved, *place)
                resource.logical_resource_id = name
                resource.cf_resource_type = kind
                resources._parsed_resources[name] = resource
        facts = {"type": kind, "properties": properties, "formerProperties": former}
        answer = self.provider.tell(resources, "update", name, physicalId=resource.physical_resource_id, **facts)
        if isinstance(resource, ProvidedResource):
            resource.attributes = answer.get("attributes", {})

    def delete_all(self, resources: ResourceMap, names: list[str] | None = None) -> None:
        for name in reversed(in_order(resources._resource_json_map) if names is None else names):
            if name not in resources._parsed_resources:
                continue
            definition, resource = resources._resource_json_map[name], resources._parsed_resources[name]
            if definition["Type"] != STACK:
                facts = {"type": definition["Type"], "properties": resources.properties[name]}
                self.provider.tell(resources, "delete", name, physicalId=resource.physical_resource_id, **facts)
            resources._delete_resource(resource, {**definition, "Properties": resources.properties[name]})
            del resources._parsed_resources[name]


def drop_no_values(clean_json):
    """moto drops `AWS::NoValue` from objects, but leaves a null in lists."""

    def clean(value, resources):
        cleaned = clean_json(value, resources)
        return [item for item in cleaned if item is not None] if isinstance(cleaned, list) else cleaned

    return clean


def output_of_stack(stack: Stack, attribute: str):
    output = stack.output_map[attribute.removeprefix("Outputs.")]
    return None if output is None else output.value


def keep_after_failed_deletion(delete_stack):
    """moto forgets a stack before it deletes it, so a stack whose deletion failed could never be deleted."""

    def delete_or_keep(backend: CloudFormationBackend, name: str) -> None:
        stacks = dict(backend.stacks)
        try:
            delete_stack(backend, name)
        except ValidationError:
            backend.stacks.update({key: s for key, s in stacks.items() if s.status != "DELETE_COMPLETE"})
            raise

    return delete_or_keep


def deploy_with(provider_url: str) -> None:
    engine = Engine(Provider(provider_url))
    make = ResourceMap.__init__

    def make_with_properties(resources: ResourceMap, *args, **options) -> None:
        make(resources, *args, **options)
        # By logical id: the properties at the last creation or update of the resource.
        resources.properties = {}

    ResourceMap.__init__ = make_with_properties
    ResourceMap.__getitem__ = lambda resources, name: engine.get(resources, name)
    ResourceMap.create = lambda resources, template: engine.create_all(resources, template)
    ResourceMap.update = lambda resources, *args: engine.update_all(resources, *args)
    ResourceMap.delete = lambda resources: engine.delete_all(resources)
    parsing.clean_json = drop_no_values(parsing.clean_json)
    Stack.get_cfn_attribute = output_of_stack
    CloudFormationBackend.delete_stack = keep_after_failed_deletion(CloudFormationBackend.delete_stack)
