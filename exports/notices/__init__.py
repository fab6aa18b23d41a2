"""What is sent when a job has ended: mails to recipients, and webhooks to programs."""
