"""What the workflows need of GitHub: comments, issues, reviewed plans, rules that protect an apply."""
