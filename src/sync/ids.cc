#include "sync/ids.h"

namespace outboard::sync {

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::too_large: return "too_large";
    case Reason::future_stamp: return "future_stamp";
    case Reason::stale_stamp: return "stale_stamp";
    case Reason::bad_envelope: return "bad_envelope";
    case Reason::denied: return "denied";
    case Reason::busy: return "busy";
    case Reason::quota: return "quota";
    case Reason::read_only: return "read_only";
    case Reason::expired: return "expired";
    case Reason::unavailable: return "unavailable";
    case Reason::bad_request: return "bad_request";
    case Reason::outdated: return "outdated";
    case Reason::not_found: return "not_found";
    case Reason::timeout: return "timeout";
    case Reason::forked: return "forked";
    case Reason::replica_in_use: return "replica_in_use";
    case Reason::displaced: return "displaced";
    case Reason::other_subject: return "other_subject";
    case Reason::internal: return "internal";
  }
  return "unknown";
}

}  // namespace outboard::sync
