"""HL7 v2 orders over MLLP."""
