-- Health of every kind of slipway.dev. All of them follow kstatus: first the generation that was seen, then the conditions Stalled,
-- Reconciling and Ready. Nothing else is read: no phase, no message.
local health = {status = "Progressing", message = "not seen by Slipway yet"}
if obj.status == nil or obj.status.observedGeneration == nil or obj.status.conditions == nil then
  return health
end
if obj.status.observedGeneration ~= obj.metadata.generation then
  health.message = "the last change is not seen by Slipway yet"
  return health
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
local stalled = conditions["Stalled"]
if ready ~= nil then
  health.message = ready.message
end

if ready ~= nil and (ready.reason == "Suspended" or ready.reason == "ApprovalAwaited") then
  -- Held back because the spec says so.
  health.status = "Suspended"
elseif stalled ~= nil and stalled.status == "True" then
  -- A person has to change something.
  health.status = "Degraded"
  health.message = stalled.message
elseif ready ~= nil and ready.status == "True" then
  health.status = "Healthy"
end
return health
