#include "hub/tokens/token.h"

#include <algorithm>
#include <array>
#include <ranges>

#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "hub/tokens/base64url.h"

namespace outboard::hub {

namespace {

using Json = nlohmann::json;

struct Right {
  std::string_view name;
  std::uint64_t bit;
};
constexpr std::array known_rights = {
    Right{"read", sync::rights::read}, Right{"write", sync::rights::write},
    Right{"message", sync::rights::message}, Right{"snapshot", sync::rights::snapshot},
    Right{"admin", sync::rights::admin}};

Error refused(std::string why) {
  return fail(Code::denied, "the token " + std::move(why), "ask for a new one");
}

std::optional<Json> json_of(std::string_view part) {
  auto bytes = from_base64url(part);
  if (!bytes) return std::nullopt;
  auto json = Json::parse(bytes->begin(), bytes->end(), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

std::string text_in(const Json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Of a whole number, as which it has to be written.
std::optional<std::int64_t> time_in(const Json& object, const char* name) {
  auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() &&
      found->get<std::uint64_t>() > static_cast<std::uint64_t>(limits::wire_integer_max))
    return std::nullopt;
  return found->get<std::int64_t>();
}

bool is_for(const Json& claims, const std::string& audience) {
  auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (found->is_array()) return std::ranges::find(*found, Json(audience)) != found->end();
  return *found == Json(audience);
}

Result<std::map<std::string, std::uint64_t>> spaces_in(const Json& claims) {
  std::map<std::string, std::uint64_t> spaces;
  auto found = claims.find("spaces");
  if (found == claims.end() || !found->is_object() || found->size() > token_spaces_max)
    return refused("does not say for which spaces it is");
  for (auto& [name, rights] : found->items()) {
    auto bits = rights.is_string() ? rights_from(rights.get<std::string>()) : std::nullopt;
    if (!bits || !is_space_pattern(name)) return refused("names a space or a right that is none");
    spaces[name] = *bits;
  }
  return spaces;
}

}  // namespace

Result<std::string> mint(const TokenClaims& claims, const Key& key) {
  for (auto* text : {&claims.issuer, &claims.audience, &claims.subject})
    if (!is_utf8(*text)) return fail(Code::bad_request, "a token is text in UTF-8", "spell it so");
  Json header = {{"alg", key.algorithm()}, {"typ", "JWT"}};
  Json spaces = Json::object();
  for (auto& [name, rights] : claims.spaces) spaces[name] = rights_text(rights);
  Json body = {{"aud", claims.audience},
               {"sub", claims.subject},
               {"nbf", claims.not_before_s},
               {"exp", claims.expires_s},
               {"spaces", spaces}};
  if (!claims.issuer.empty()) body["iss"] = claims.issuer;
  auto part = [](const Json& json) { return to_base64url(bytes_of(json.dump())); };
  auto text = part(header) + "." + part(body);
  return text + "." + to_base64url(TRY(key.sign(text)));
}

Result<TokenClaims> read_token(std::string_view token, std::span<const Key> keys,
                               const TokenRules& rules, std::int64_t now_s) {
  if (token.size() > limits::token_bytes_max) return refused("is too long");
  auto first = token.find('.'), second = token.rfind('.');
  if (first == token.npos || first == second) return refused("is not a JSON Web Token");
  auto header = json_of(token.substr(0, first));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !signature) return refused("is damaged");
  // Extensions that must be understood are not.
  if (header->contains("crit")) return refused("asks for what this hub does not know");
  auto algorithm = text_in(*header, "alg");
  bool is_signed = std::ranges::any_of(keys, [&](const Key& key) {
    return key.algorithm() == algorithm && key.verifies(token.substr(0, second), *signature);
  });
  if (!is_signed) return refused("was not signed with a key that this hub knows");

  auto body = json_of(token.substr(first + 1, second - first - 1));
  if (!body) return refused("is damaged");
  TokenClaims claims{.issuer = text_in(*body, "iss"),
                     .audience = rules.audience,
                     .subject = text_in(*body, "sub")};
  if (!rules.issuer.empty() && claims.issuer != rules.issuer)
    return refused("is of another issuer");
  if (!is_for(*body, rules.audience)) return refused("is for somebody else than this hub");
  if (claims.subject.empty() || claims.subject.size() > limits::subject_bytes_max)
    return refused("does not say whose it is");
  auto expires = time_in(*body, "exp");
  if (!expires) return refused("does not say until when it is good");
  if (*expires <= now_s - clock_leeway_s) return refused("has expired");
  claims.expires_s = *expires;
  if (body->contains("nbf")) {
    auto not_before = time_in(*body, "nbf");
    if (!not_before || *not_before > now_s + clock_leeway_s) return refused("is not good yet");
    claims.not_before_s = *not_before;
  }
  claims.spaces = TRY(spaces_in(*body));
  return claims;
}

std::uint64_t rights_in(const TokenClaims& claims, std::string_view space) {
  if (auto own = claims.spaces.find(std::string(space)); own != claims.spaces.end())
    return own->second;
  std::size_t longest = 0;
  std::uint64_t rights = 0;
  for (auto& [pattern, of_pattern] : claims.spaces) {
    if (!pattern.ends_with("/*") || pattern.size() <= longest) continue;
    auto prefix = std::string_view(pattern).substr(0, pattern.size() - 1);
    if (!space.starts_with(prefix) || space.size() == prefix.size()) continue;
    longest = pattern.size();
    rights = of_pattern;
  }
  return rights;
}

Result<Claim> claim_of(const TokenClaims& claims, std::string_view space) {
  auto rights = rights_in(claims, space);
  if (rights == 0) return refused("gives no right in this space");
  return Claim{.subject = claims.subject,
               .rights = rights,
               .expires_ms = (claims.expires_s + clock_leeway_s) * 1'000};
}

std::string rights_text(std::uint64_t rights) {
  std::string text;
  for (auto& right : known_rights)
    if (rights & right.bit) text += (text.empty() ? "" : " ") + std::string(right.name);
  return text;
}

std::optional<std::uint64_t> rights_from(std::string_view text) {
  std::uint64_t rights = 0;
  while (!text.empty()) {
    auto end = std::min(text.find_first_of(" ,"), text.size());
    auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    auto found = std::ranges::find(known_rights, word, &Right::name);
    if (found == known_rights.end()) return std::nullopt;
    rights |= found->bit;
  }
  return rights;
}

bool is_space_pattern(std::string_view text) {
  if (text.empty() || text.size() > limits::space_name_bytes_max) return false;
  auto star = text.find('*');
  return star == text.npos || (text.ends_with("/*") && star == text.size() - 1 && text.size() > 2);
}

}  // namespace outboard::hub
