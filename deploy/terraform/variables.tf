variable "guard" {
  description = "The parameters of guard.yaml, such as GitHubOwner, GitHubOwnerId, GitHubRepository and GitHubRepositoryId."
  type        = map(string)
}

variable "alerts" {
  description = "The parameters of alerts.yaml, Email and KnownNetworks. Null for no alerts."
  type        = map(string)
  default     = null
}

variable "service_control_policies" {
  description = "Which policies of service-control-policies to attach (without .json), each with the unit, root or account."
  type        = map(string)
  default     = {}
}

output "role_arn" {
  description = "The role to name in the workflow, or as the hub of other accounts."
  value       = aws_cloudformation_stack.guard.outputs["RoleArn"]
}
