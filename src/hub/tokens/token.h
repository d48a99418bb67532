// Tokens: who somebody is, and what they may do in which spaces (Y11, Y12). JSON Web Tokens, signed
// with a Key; the claims that count are
//
//   {"iss": "…", "aud": "outboard", "sub": "ann", "nbf": 1790000000, "exp": 1790003600,
//    "spaces": {"notes": "read write message", "team/*": "read"}}
//
// Functions of values.
#pragma once

#include <map>
#include <optional>
#include <span>

#include "hub/space/shard.h"
#include "hub/tokens/key.h"

namespace outboard::hub {

struct TokenClaims {
  std::string issuer = {};
  std::string audience = "outboard";
  std::string subject = {};
  std::int64_t not_before_s = 0;  // since 1970
  std::int64_t expires_s = 0;
  std::map<std::string, std::uint64_t> spaces = {};  // rights, by name or "prefix/*"

  friend bool operator==(const TokenClaims&, const TokenClaims&) = default;
};

// What a token must say to be let in.
struct TokenRules {
  std::string issuer = {};  // empty: any
  std::string audience = "outboard";
};

// REQUIRES: the key signs.
Result<std::string> mint(const TokenClaims& claims, const Key& key);

// The claims of a token that one of the keys verifies, and that is for us, now. `denied` else, with
// a sentence that its owner may read.
Result<TokenClaims> read_token(std::string_view token, std::span<const Key> keys,
                               const TokenRules& rules, std::int64_t now_s);

// The rights in a space: of its own name, or of the longest prefix that is named.
std::uint64_t rights_in(const TokenClaims& claims, std::string_view space);

// What a shard asks: the two above as one. `denied` if there is no right at all.
Result<Claim> claim_of(const TokenClaims& claims, std::string_view space);

// "read write": in this order. From words apart by blanks or commas; none if one is unknown.
std::string rights_text(std::uint64_t rights);
std::optional<std::uint64_t> rights_from(std::string_view text);

// A name, or a prefix that ends with "/*".
bool is_space_pattern(std::string_view text);

inline constexpr std::int64_t clock_leeway_s = 30;  // of others' clocks
inline constexpr std::size_t token_spaces_max = 100;

}  // namespace outboard::hub
