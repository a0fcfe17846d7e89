# The stacks of this folder's parent, made by Terraform: one text says what the guard may do, however
# it is deployed. Parameters are those of the templates, which check them.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

resource "aws_cloudformation_stack" "guard" {
  name          = "bedrock-key-guard"
  template_body = file("${path.module}/../guard.yaml")
  parameters    = var.guard
  capabilities  = ["CAPABILITY_NAMED_IAM"]
}

resource "aws_cloudformation_stack" "alerts" {
  count         = var.alerts == null ? 0 : 1
  name          = "bedrock-key-alerts"
  template_body = file("${path.module}/../alerts.yaml")
  parameters    = var.alerts
}

resource "aws_organizations_policy" "control" {
  for_each    = var.service_control_policies
  name        = each.key
  description = "Bedrock Key Guard: ${each.key}"
  type        = "SERVICE_CONTROL_POLICY"
  content     = file("${path.module}/../service-control-policies/${each.key}.json")
}

resource "aws_organizations_policy_attachment" "control" {
  for_each  = var.service_control_policies
  policy_id = aws_organizations_policy.control[each.key].id
  target_id = each.value
}
