// Outcomes: what became of the requests that clients number, also those of an engine before this
// one (rule H8).
//
// A client that says in its hello who it is may number its writing requests. The number and the
// answer are then committed together with the rows. Asked for the same number again, be it after a
// crash, the engine does nothing and gives that answer. What has no number costs nothing.
//
// Knows no jobs and no replies: whoever commits says what to note. Engine's thread.
#pragma once

#include <map>
#include <span>

#include "store/store.h"

namespace outboard {

using ClientId = std::uint32_t;

class Outcomes {
 public:
  using Entry = OutcomeTable::Entry;

  explicit Outcomes(Platform& platform) : platform_(platform) {}

  // The database was opened; null: closed.
  void attach(Store* store);

  // The client says who it is; and it is gone.
  void introduce(ClientId client, const Uuid& name) { clients_[client] = {.name = name}; }
  void drop(ClientId client) { clients_.erase(client); }
  bool knows(ClientId client) const { return clients_.contains(client); }

  // Another client of the same name: what is left of this one's connection of before.
  std::optional<ClientId> predecessor(ClientId client) const;

  // What is kept of that request, if anything. REQUIRES: knows(client).
  Result<std::optional<Entry>> find(ClientId client, std::uint64_t n);

  // What became of these.
  Result<std::vector<Outcome>> outcomes_of(ClientId client, std::span<const std::uint64_t> numbers);

  // Inside the transaction that is about to commit what the request did, all of it or a part. An
  // answer is left out where there is none, or where it is too long to be kept.
  Result<void> note(ClientId client, std::uint64_t n, const Bytes& answer);
  Result<void> note_begun(ClientId client, std::uint64_t n);

  // That transaction did not commit, and goes on.
  void take_back(ClientId client, std::uint64_t n);

  // The same for whoever writes it himself.
  Entry entry(ClientId client, std::uint64_t n, const Bytes& answer);

  // The client has all its answers, and will not ask again.
  void forget(ClientId client);

 private:
  struct Client {
    Uuid name{};
    std::optional<std::uint64_t> newest = std::nullopt;  // nothing above it is kept
    std::uint64_t noted = 0;                             // since something was last thrown away
  };
  Result<void> put(ClientId client, const Entry& entry);
  Result<std::uint64_t> newest(Client& client);

  Platform& platform_;
  Store* store_ = nullptr;
  std::map<ClientId, Client> clients_;
};

}  // namespace outboard
