"""The pages and the JSON API: people reach the kernel through here and nowhere else."""
