"""What the workflows need of GitHub: comments, issues, the reviewed plan; and their steps run on a workstation."""
