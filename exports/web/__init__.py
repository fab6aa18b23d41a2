"""The pages: what a signed-in user may export, a form and a preview for each dataset, and the history."""
