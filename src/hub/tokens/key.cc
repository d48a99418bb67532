#include "hub/tokens/key.h"

#include <fstream>
#include <sstream>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "base/assert.h"
#include "hub/tokens/base64url.h"

namespace outboard::hub {

namespace {

constexpr std::size_t secret_bytes_min = 32;  // as long as what HS256 makes of it
constexpr std::size_t key_file_bytes_max = 64u << 10;
constexpr std::string_view secret_prefix = "secret:";

template <auto release>
struct Release {
  template <class T>
  void operator()(T* one) const {
    release(one);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Digester = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using Memory = std::unique_ptr<BIO, Release<BIO_free_all>>;

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  auto first = text.find_first_not_of(space);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

Error no_key(std::string message) {
  return fail(Code::bad_request, std::move(message), "make one: outboard token key FILE");
}

}  // namespace

struct Key::Material {
  Bytes secret = {};
  Pkey pkey = {};

  Material() = default;
  Material(const Material&) = delete;
  Material& operator=(const Material&) = delete;
  ~Material() { OPENSSL_cleanse(secret.data(), secret.size()); }
};

Result<Key> Key::make(Kind kind) {
  OB_ASSERT(kind != Kind::verifier);
  auto material = std::make_shared<Material>();
  bool made = false;
  if (kind == Kind::secret) {
    material->secret.resize(secret_bytes_min);
    made = RAND_bytes(material->secret.data(), static_cast<int>(secret_bytes_min)) == 1;
  } else {
    material->pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    made = material->pkey != nullptr;
  }
  if (!made) return fail(Code::unavailable, "the system gives no random bytes", "try again");
  return Key(kind, std::move(material));
}

Result<Key> Key::from_text(std::string_view text) {
  text = trimmed(text);
  auto material = std::make_shared<Material>();
  if (text.starts_with(secret_prefix)) {
    auto secret = from_base64url(text.substr(secret_prefix.size()));
    if (!secret) return no_key("what stands after \"secret:\" is not base64url");
    if (secret->size() < secret_bytes_min) return no_key("a secret needs 32 bytes or more");
    material->secret = std::move(*secret);
    return Key(Kind::secret, std::move(material));
  }
  bool is_private = text.starts_with("-----BEGIN PRIVATE KEY-----");
  if (!is_private && !text.starts_with("-----BEGIN PUBLIC KEY-----"))
    return no_key("this is no key: neither PEM nor \"secret:\" and base64url");
  Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  auto never_ask = [](char*, int, int, void*) { return -1; };
  material->pkey.reset(is_private
                           ? PEM_read_bio_PrivateKey(memory.get(), nullptr, never_ask, nullptr)
                           : PEM_read_bio_PUBKEY(memory.get(), nullptr, never_ask, nullptr));
  if (!material->pkey) return no_key("the PEM of the key is damaged");
  if (EVP_PKEY_get_id(material->pkey.get()) != EVP_PKEY_ED25519)
    return no_key("this is a key of another kind than Ed25519");
  return Key(is_private ? Kind::pair : Kind::verifier, std::move(material));
}

Result<Key> Key::from_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(key_file_bytes_max, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (!in.is_open() || in.bad())
    return fail(Code::not_found, "the key " + file.string() + " cannot be read",
                "name a file that outboard token key made");
  auto key = from_text(text);
  OPENSSL_cleanse(text.data(), text.size());
  if (!key.ok())
    return fail(key.error().code, file.string() + ": " + key.error().message, key.error().hint);
  return key;
}

std::string Key::to_text() const {
  if (kind_ == Kind::secret)
    return std::string(secret_prefix) + to_base64url(material_->secret) + "\n";
  Memory memory(BIO_new(BIO_s_mem()));
  auto* pkey = material_->pkey.get();
  bool written = kind_ == Kind::pair ? PEM_write_bio_PrivateKey(memory.get(), pkey, nullptr,
                                                                nullptr, 0, nullptr, nullptr) == 1
                                     : PEM_write_bio_PUBKEY(memory.get(), pkey) == 1;
  OB_ASSERT(written);
  char* text = nullptr;
  auto size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Key Key::verifier() const {
  OB_ASSERT(kind_ != Kind::secret);
  return {Kind::verifier, material_};
}

Result<Bytes> Key::sign(std::string_view text) const {
  Bytes signature;
  std::size_t size = 64;
  bool is_signed = false;
  if (kind_ == Kind::verifier)
    return fail(Code::denied, "this key only verifies", "sign with the private one");
  signature.resize(size);
  if (kind_ == Kind::secret) {
    unsigned bytes = 0;
    is_signed =
        HMAC(EVP_sha256(), material_->secret.data(), static_cast<int>(material_->secret.size()),
             raw(text), text.size(), signature.data(), &bytes) != nullptr;
    size = bytes;
  } else {
    Digester digester(EVP_MD_CTX_new());
    is_signed =
        EVP_DigestSignInit(digester.get(), nullptr, nullptr, nullptr, material_->pkey.get()) == 1 &&
        EVP_DigestSign(digester.get(), signature.data(), &size, raw(text), text.size()) == 1;
  }
  if (!is_signed) return fail(Code::internal, "signing failed", "please report this");
  signature.resize(size);
  return signature;
}

bool Key::verifies(std::string_view text, ByteView signature) const {
  if (kind_ == Kind::secret) {
    auto expected = sign(text);
    return expected.ok() && expected->size() == signature.size() &&
           CRYPTO_memcmp(expected->data(), signature.data(), signature.size()) == 0;
  }
  Digester digester(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(digester.get(), nullptr, nullptr, nullptr, material_->pkey.get()) ==
             1 &&
         EVP_DigestVerify(digester.get(), signature.data(), signature.size(), raw(text),
                          text.size()) == 1;
}

}  // namespace outboard::hub
