"""Read a CloudFormation template as CloudFormation would, as far as our templates need.

Intrinsic functions are those of the CloudFormation template reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.jobs import ROOT

DEPLOY = ROOT / "deploy"
PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::NoValue": None,
}
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


class _Loader(yaml.SafeLoader):
    """Keep `!Sub x` as `{"Fn::Sub": x}`, as JSON templates write it."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tagged)


def resources(path: Path, **parameters: str) -> dict[str, dict[str, Any]]:
    """Return the resources that a template makes with these parameters, by logical name."""
    return Template(_read(path), parameters).resources()


def parameters(path: Path) -> dict[str, dict[str, Any]]:
    """Return the parameters of a template, by name."""
    declared: dict[str, dict[str, Any]] = _read(path)["Parameters"]
    return declared


@cache
def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(path.read_text(), _Loader)  # noqa: S506  # safe
    return read


class Template:
    """Hold a template and the values of its parameters."""

    def __init__(self, document: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        """Take the defaults of the parameters that are not given."""
        defaults = {name: p.get("Default") for name, p in document["Parameters"].items()}
        self._document = document
        lists = {n for n, p in document["Parameters"].items() if p["Type"] == "CommaDelimitedList"}
        given = {**PSEUDO, **defaults, **parameters}
        self._values: dict[str, Any] = {
            name: str(value).split(",") if name in lists else value for name, value in given.items()
        }
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self._condition,
            "Fn::Sub": self._sub,
            "Fn::GetAtt": lambda name: self._arn(name.partition(".")[0]),
            "Fn::If": lambda args: self._plain(args[1 if self._condition(args[0]) else 2]),
            "Fn::Join": lambda args: args[0].join(self._plain(args[1])),
            "Fn::Select": lambda args: self._plain(args[1])[int(args[0])],
            "Fn::Split": lambda args: self._plain(args[1]).split(args[0]),
            "Fn::Equals": lambda args: self._plain(args[0]) == self._plain(args[1]),
            "Fn::Not": lambda args: not self._plain(args[0]),
            "Fn::And": lambda args: all(map(self._plain, args)),
            "Fn::Or": lambda args: any(map(self._plain, args)),
        }

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources whose condition holds, with all functions carried out."""
        return {
            name: self._plain({k: v for k, v in resource.items() if k != "Condition"})
            for name, resource in self._document["Resources"].items()
            if "Condition" not in resource or self._condition(resource["Condition"])
        }

    def _plain(self, node: Any) -> Any:
        if isinstance(node, dict):
            if len(node) == 1 and (name := next(iter(node))) in self._functions:
                return self._functions[name](node[name])
            return {k: v for k, each in node.items() if (v := self._plain(each)) is not None}
        if isinstance(node, list):
            return [v for each in node if (v := self._plain(each)) is not None]
        return node

    def _condition(self, name: str) -> bool:
        return bool(self._plain(self._document["Conditions"][name]))

    def _ref(self, name: str) -> Any:
        return self._values[name] if name in self._values else self._arn(name)

    def _sub(self, argument: str | list[Any]) -> str:
        text, more = (argument, {}) if isinstance(argument, str) else argument
        local = {name: self._plain(value) for name, value in more.items()}
        return _VARIABLE.sub(lambda m: str(local.get(m[1]) or self._ref(m[1])), text)

    def _arn(self, name: str) -> str:
        """Name a resource of the template: an IAM policy's or provider's reference is its ARN."""
        resource = self._document["Resources"][name]
        if resource["Type"] == "AWS::SNS::Topic":
            return f"arn:aws:sns:us-east-1:{PSEUDO['AWS::AccountId']}:{name}"
        kind = {"AWS::IAM::Role": "role", "AWS::IAM::ManagedPolicy": "policy"}.get(resource["Type"])
        properties = resource["Properties"]
        host = properties.get("Url", "").removeprefix("https://")
        own = properties.get("RoleName") or properties.get("ManagedPolicyName") or host or name
        return f"arn:aws:iam::{PSEUDO['AWS::AccountId']}:{kind or 'oidc-provider'}/{own}"
