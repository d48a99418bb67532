// Key: what tokens are signed and verified with. Its kind decides the algorithm, never the token: a
// token that names another one is refused.
//
// A value that any number of threads may use. What is secret in it is wiped at its end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace outboard::hub {

class Key {
 public:
  enum class Kind : std::uint8_t {
    secret,   // HS256: who verifies can sign
    pair,     // EdDSA, Ed25519: signs and verifies
    verifier  // EdDSA: only verifies
  };

  // A new one.
  static Result<Key> make(Kind kind);

  // Reads what to_text() writes, and PEM of other programs. `bad_request` if it is no such key, or
  // a secret of fewer than 32 bytes.
  static Result<Key> from_text(std::string_view text);
  static Result<Key> from_file(const std::filesystem::path& file);

  // PEM of the pair or of the verifier; "secret:" and the bytes of a secret.
  std::string to_text() const;

  // What to give to who shall only verify. REQUIRES: not a secret.
  Key verifier() const;

  Kind kind() const { return kind_; }

  // As the header of a token names it: "HS256", "EdDSA".
  std::string_view algorithm() const { return kind_ == Kind::secret ? "HS256" : "EdDSA"; }

  // `denied` of a verifier.
  Result<Bytes> sign(std::string_view text) const;
  bool verifies(std::string_view text, ByteView signature) const;

 private:
  struct Material;
  Key(Kind kind, std::shared_ptr<const Material> material)
      : kind_(kind), material_(std::move(material)) {}

  Kind kind_;
  std::shared_ptr<const Material> material_;
};

}  // namespace outboard::hub
