"""What make runs around Terraform, GitHub's workflows and a running deployment."""
