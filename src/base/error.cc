#include <array>

#include <outboard/error.hpp>

namespace outboard {

namespace {
// In the order of the enum, whose numbers start at 1.
constexpr std::array<std::string_view, 14> names = {
    "bad_request", "not_found", "constraint",  "conflict",    "busy",    "timeout",  "cancelled",
    "too_large",   "denied",    "unavailable", "worker_lost", "corrupt", "outdated", "internal"};
}  // namespace

std::string_view name_of(Code code) {
  auto index = static_cast<std::size_t>(code) - 1;
  return index < names.size() ? names[index] : "internal";
}

std::optional<Code> code_of(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Code>(i + 1);
  return std::nullopt;
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::not_applied: return "not_applied";
    case Outcome::applied: return "applied";
    case Outcome::unknown: break;
  }
  return "unknown";
}

std::optional<Outcome> outcome_of(std::string_view name) {
  for (auto outcome : {Outcome::not_applied, Outcome::applied, Outcome::unknown})
    if (name_of(outcome) == name) return outcome;
  return std::nullopt;
}

std::string to_string(const Error& error) {
  std::string out(name_of(error.code));
  if (error.outcome) out += " (" + std::string(name_of(*error.outcome)) + ")";
  out += ": " + error.message;
  if (!error.hint.empty()) out += " (" + error.hint + ")";
  return out;
}

}  // namespace outboard
