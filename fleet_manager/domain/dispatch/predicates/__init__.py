"""May this robot serve this delivery? One sentence a module; each gives a reason for its no."""
