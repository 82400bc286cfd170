"""What stations have in stock: catalogue, lots, warning lines, and how deliveries move them."""
