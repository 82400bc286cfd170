"""HL7 FHIR R4B: deliveries as SupplyRequest, Task and SupplyDelivery."""
