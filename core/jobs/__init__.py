"""Long work beside the server: asked for here, done by processes of their own (core/worker)."""
