#include "hub/tokens/token.h"

#include <gmock/gmock.h>

#include <fstream>

#include "hub/tokens/base64url.h"
#include "store/store_testing.h"

namespace outboard::hub {
namespace {

using ::testing::HasSubstr;
using namespace sync::rights;

constexpr std::int64_t now_s = 1'790'000'000;

TokenClaims claims_of_ann() {
  return {.issuer = "https://id.example.org",
          .subject = "ann",
          .not_before_s = now_s,
          .expires_s = now_s + 3'600,
          .spaces = {{"notes", read | write | message}, {"team/*", read}}};
}

// Header and claims as they are given, signed as they should be.
std::string signed_by(const Key& key, std::string_view header, std::string_view claims) {
  auto text = to_base64url(bytes_of(header)) + "." + to_base64url(bytes_of(claims));
  return text + "." + to_base64url(*key.sign(text));
}

class TokenTest : public ::testing::TestWithParam<Key::Kind> {
 protected:
  Key key = *Key::make(GetParam());
  std::string token = *mint(claims_of_ann(), key);

  Result<TokenClaims> read_at(std::int64_t time_s) {
    return read_token(token, {&key, 1}, {}, time_s);
  }
  std::string fault_of(std::string_view one, const TokenRules& rules = {}) {
    auto claims = read_token(one, {&key, 1}, rules, now_s);
    if (claims.ok()) return "none";
    EXPECT_EQ(claims.error().code, Code::denied);
    return claims.error().message;
  }
};

TEST_P(TokenTest, SaysWhatWasMinted) { EXPECT_EQ(*read_at(now_s), claims_of_ann()); }

TEST_P(TokenTest, IsGoodFromItsFirstToItsLastSecondAndALittleMore) {
  EXPECT_FALSE(read_at(now_s - clock_leeway_s - 1).ok());
  EXPECT_TRUE(read_at(now_s - clock_leeway_s).ok());
  EXPECT_TRUE(read_at(now_s + 3'600 + clock_leeway_s - 1).ok());
  EXPECT_FALSE(read_at(now_s + 3'600 + clock_leeway_s).ok());
}

TEST_P(TokenTest, EveryChangedLetterIsNoticed) {
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(fault_of(changed), "none") << i;
  }
}

TEST_P(TokenTest, OfAnotherKeyIsRefused) {
  auto other = *Key::make(GetParam());
  EXPECT_THAT(fault_of(*mint(claims_of_ann(), other)), HasSubstr("a key that this hub knows"));
}

TEST_P(TokenTest, AnyOfSeveralKeysWillDo) {
  Key keys[] = {*Key::make(Key::Kind::pair), *Key::make(Key::Kind::secret), key};
  EXPECT_TRUE(read_token(token, keys, {}, now_s).ok());
}

TEST_P(TokenTest, WithoutASignatureIsRefused) {
  auto body = token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1);
  for (auto* algorithm : {"none", "None", "HS256", "EdDSA", "RS256", ""}) {
    auto header = to_base64url(bytes_of(R"({"alg":")" + std::string(algorithm) + R"("})"));
    EXPECT_NE(fault_of(header + "." + body + "."), "none") << algorithm;
  }
}

TEST_P(TokenTest, ForAnotherHubIsRefused) {
  EXPECT_THAT(fault_of(token, {.audience = "elsewhere"}), HasSubstr("somebody else"));
  EXPECT_THAT(fault_of(token, {.issuer = "https://evil.example"}), HasSubstr("another issuer"));
  EXPECT_EQ(fault_of(token, {.issuer = "https://id.example.org"}), "none");
}

TEST_P(TokenTest, MayBeForSeveral) {
  auto header = R"({"alg":")" + std::string(key.algorithm()) + R"("})";
  auto claims = R"({"sub":"a","exp":1790003600,"spaces":{},"aud":["x","outboard"]})";
  EXPECT_EQ(fault_of(signed_by(key, header, claims)), "none");
}

TEST_P(TokenTest, WithClaimsThatAreNoneIsRefused) {
  auto header = R"({"alg":")" + std::string(key.algorithm()) + R"("})";
  for (auto* claims : {R"([])", R"({})", R"(null)", R"({"aud":"outboard"})",
                       R"({"aud":"outboard","sub":"","exp":1790003600,"spaces":{}})",
                       R"({"aud":"outboard","sub":7,"exp":1790003600,"spaces":{}})",
                       R"({"aud":"outboard","sub":"a","spaces":{}})",
                       R"({"aud":"outboard","sub":"a","exp":"1790003600","spaces":{}})",
                       R"({"aud":"outboard","sub":"a","exp":1790003600.5,"spaces":{}})",
                       R"({"aud":"outboard","sub":"a","exp":18446744073709551615,"spaces":{}})",
                       R"({"aud":"outboard","sub":"a","exp":-1,"spaces":{}})",
                       R"({"aud":"outboard","sub":"a","exp":1790003600})",
                       R"({"aud":"outboard","sub":"a","exp":1790003600,"nbf":"x","spaces":{}})",
                       R"({"aud":"outboard","sub":"a","exp":1790003600,"spaces":{"notes":"own"}})",
                       R"({"aud":"outboard","sub":"a","exp":1790003600,"spaces":{"*":"read"}})",
                       R"({"aud":"outboard","sub":"a","exp":1790003600,"spaces":{"":"read"}})",
                       R"({"aud":"outboard","sub":"a","exp":1790003600,"spaces":{"notes":3}})"})
    EXPECT_NE(fault_of(signed_by(key, header, claims)), "none") << claims;
}

TEST_P(TokenTest, ThatAsksForMoreThanIsKnownIsRefused) {
  auto header = R"({"alg":")" + std::string(key.algorithm()) + R"(","crit":["b64"],"b64":false})";
  auto claims = R"({"aud":"outboard","sub":"a","exp":1790003600,"spaces":{}})";
  EXPECT_THAT(fault_of(signed_by(key, header, claims)), HasSubstr("does not know"));
}

TEST_P(TokenTest, ThatIsTooLongIsRefusedUnread) {
  EXPECT_THAT(fault_of(token + std::string(limits::token_bytes_max, 'A')), HasSubstr("too long"));
}

TEST_P(TokenTest, ItsKeyIsTheSameFromAFile) {
  TrialFolder folder;
  folder.write("key", key.to_text());
  auto read = Key::from_file(folder.file("key"));
  ASSERT_TRUE(read.ok()) << to_string(read.error());
  EXPECT_EQ(read->kind(), key.kind());
  EXPECT_TRUE(read_token(token, {&*read, 1}, {}, now_s).ok());
}

INSTANTIATE_TEST_SUITE_P(Key, TokenTest, ::testing::Values(Key::Kind::secret, Key::Kind::pair),
                         [](auto& trial) {
                           return trial.param == Key::Kind::secret ? "HS256" : "EdDSA";
                         });

TEST(Key, AVerifierVerifiesAndDoesNotSign) {
  auto pair = *Key::make(Key::Kind::pair);
  auto verifier = *Key::from_text(pair.verifier().to_text());
  EXPECT_EQ(verifier.kind(), Key::Kind::verifier);
  auto token = *mint(claims_of_ann(), pair);
  EXPECT_TRUE(read_token(token, {&verifier, 1}, {}, now_s).ok());
  EXPECT_EQ(mint(claims_of_ann(), verifier).error().code, Code::denied);
}

TEST(Key, AlgorithmsAreNotMixedUp) {
  auto pair = *Key::make(Key::Kind::pair);
  auto verifier = pair.verifier();
  // Who knows the public key signs with it as if it were a secret.
  auto published = *Key::from_text("secret:" + to_base64url(bytes_of(verifier.to_text())));
  auto forged = *mint(claims_of_ann(), published);
  EXPECT_FALSE(read_token(forged, {&verifier, 1}, {}, now_s).ok());
}

TEST(Key, SignsAsTheStandardsSay) {
  // RFC 7515, A.1
  auto secret = *Key::from_text(
      "secret:AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-"
      "1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  EXPECT_EQ(to_base64url(*secret.sign(
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz"
                "ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ")),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  // RFC 8032, 7.1, test 1: nothing, signed
  auto pair = Key::from_text(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
      "-----END PRIVATE KEY-----\n");
  ASSERT_TRUE(pair.ok()) << to_string(pair.error());
  EXPECT_EQ(
      to_hex(*pair->sign("")),
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e397"
      "01cf9b46bd25bf5f0595bbe24655141438e7a100b");
}

TEST(Key, WhatIsNoneIsRefusedWithItsReason) {
  for (auto* text : {"", "secret:", "secret:c2hvcnQ", "secret:***", "-----BEGIN PRIVATE KEY-----",
                     "-----BEGIN CERTIFICATE-----\nMIIB\n", "hello"}) {
    auto key = Key::from_text(text);
    ASSERT_FALSE(key.ok()) << text;
    EXPECT_EQ(key.error().code, Code::bad_request);
    EXPECT_NE(key.error().hint, "");
  }
  EXPECT_EQ(Key::from_file("/nowhere/key").error().code, Code::not_found);
}

TEST(Rights, AreOfTheNameOrOfTheLongestPrefix) {
  TokenClaims claims{
      .spaces = {{"team/*", read}, {"team/deep/*", read | write}, {"team/secret", message}}};
  EXPECT_EQ(rights_in(claims, "team/a"), read);
  EXPECT_EQ(rights_in(claims, "team/deep/a"), read | write);
  EXPECT_EQ(rights_in(claims, "team/secret"), message);
  EXPECT_EQ(rights_in(claims, "team/"), 0u);
  EXPECT_EQ(rights_in(claims, "team"), 0u);
  EXPECT_EQ(rights_in(claims, "teams/a"), 0u);
  EXPECT_EQ(rights_in(claims, "team/*"), read) << "a space of that name is one like others";
}

TEST(Rights, AreWords) {
  EXPECT_EQ(rights_text(read | write | admin), "read write admin");
  EXPECT_EQ(rights_from("write, read"), read | write);
  EXPECT_EQ(rights_from(""), 0u);
  EXPECT_FALSE(rights_from("read everything"));
}

TEST(Rights, WithoutAnyNobodyIsLetIn) {
  auto claim = claim_of(claims_of_ann(), "others");
  ASSERT_FALSE(claim.ok());
  EXPECT_EQ(claim.error().code, Code::denied);
  EXPECT_EQ(claim_of(claims_of_ann(), "team/x")->rights, read);
  EXPECT_EQ(claim_of(claims_of_ann(), "team/x")->subject, "ann");
}

TEST(Base64url, IsReadBackForEveryLength) {
  Bytes bytes;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
  }
}

TEST(Base64url, HasOneFormOnly) {
  for (auto* text : {"A", "AB=", "AB==", "A+", "A/", "AB CD", "AB", "AAB", "AAAAA"})
    EXPECT_FALSE(from_base64url(text)) << text;
  EXPECT_EQ(to_base64url(*from_base64url("-_-_")), "-_-_");
}

}  // namespace
}  // namespace outboard::hub
