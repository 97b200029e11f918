"""What the workflows need of GitHub: comments, issues, reviewed plans; and their steps run locally."""
