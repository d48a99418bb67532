// Random SQL on tracked tables: each transaction's record is the difference between the tables as
// they were before it and as they are after its commit, read row by row. That is the oracle.
//
// OUTBOARD_CAPTURE_SEEDS=10 tries ten times as many.
#include <random>
#include <sstream>

#include "journal/journal_testing.h"

namespace outboard::journal::trial {
namespace {

constexpr const char* schema =
    "create table plain(id text primary key not null, a unique, b check (b is null or b <> 13), c);"
    "create table numbered(id integer primary key, a real unique, b, c text);"
    "create table keyed(k blob not null, j not null, a, b, c int, primary key (j, k)) without "
    "rowid;"
    "create table strict_one(v any as (b + 1), id int primary key not null, a any, b real, "
    "s text as (c || 'x') stored, c text unique) strict;"
    "create table child(id text primary key not null, a references plain(id) on delete cascade on "
    "update cascade, b references plain(a) on delete set null deferrable initially deferred, c);"
    "create table untracked(v);"
    "create trigger copies after update of b on plain begin "
    "insert or replace into numbered values (abs(random() % 4), new.a, new.b, new.c); end;"
    "create trigger fails before insert on keyed when new.a = 3 begin select raise(ignore); end;"
    "create trigger rolls before delete on keyed when old.b = 3 begin select raise(fail, 'no'); "
    "end;"
    "create trigger notes after insert on child begin insert into untracked values (new.id); "
    "update plain set c = new.id where id = new.a; end;";

struct Table {
  const char* name;
  const char* columns;  // that are written, the key's first
  int keys;
  const char* conflict;  // of an UPSERT
};
constexpr Table tables[] = {{"plain", "id a b c", 1, "id"},
                            {"numbered", "id a b c", 1, "a"},
                            {"keyed", "j k a b c", 2, "j, k"},
                            {"strict_one", "id a b c", 1, "c"},
                            {"child", "id a b c", 1, "id"}};

class CaptureProperty : public JournalTrial {
 public:
  explicit CaptureProperty(unsigned seed) : random_(seed) {
    EXPECT_EQ(run(schema), "ok");
    for (const auto& table : tables)
      EXPECT_EQ(
          run("select outboard_track('" + std::string(table.name) + "', 'keys', 'application')"),
          "ok");
    before_ = dump();
  }

  // One statement, and what must hold behind it.
  void step() {
    auto sql = statement();
    script_ += sql + "\n";
    (void)run(sql);
    if (writer().in_transaction()) return;
    auto after = dump();
    auto expected = difference(before_, after);
    auto record = next_record();
    for (auto& change : record.intent.rows) change.moved_from.reset();  // tables do not show it
    ASSERT_EQ(in_words(record), expected) << script_;
    before_ = std::move(after);
    script_.clear();
  }

  std::size_t seen() const { return seen_; }

 private:
  // The one that the last transaction made, or an empty one.
  Record next_record() {
    auto next =
        writer().prepare_own("select n, intent, effect from sqlite_outboard_record where n > ?");
    (*next)->bind_integer(1, newest_);
    if (!*(*next)->step()) return {};
    newest_ = (*next)->integer(0);
    ++seen_;
    Record record{*decode_intent((*next)->blob(1)), *decode_effect((*next)->blob(2))};
    EXPECT_FALSE(*(*next)->step());  // one for each
    return record;
  }

  // A row in words, by its key in words and its table's place in the order of records.
  using Dump = std::map<RowKey, std::map<std::string, std::string>>;

  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool one_in(std::size_t times) { return below(times) == 0; }
  template <std::size_t size>
  const char* any(const char* const (&choices)[size]) {
    return choices[below(size)];
  }

  std::string value() {
    static constexpr const char* values[] = {"1",
                                             "2",
                                             "3",
                                             "3.0",
                                             "1.5",
                                             "'1'",
                                             "'x'",
                                             "'Y'",
                                             "13",
                                             "null",
                                             "'y'",
                                             "x'0102'",
                                             "x''",
                                             "-0.0",
                                             "1e300",
                                             "'2'",
                                             "9223372036854775807",
                                             "char(0, 55)"};
    return any(values);
  }
  std::string key() {
    static constexpr const char* keys[] = {"1", "2", "3", "'1'", "x'31'", "2.0", "null", "4"};
    return any(keys);
  }

  std::string statement() {
    static constexpr const char* control[] = {
        "begin",       "commit",    "commit",    "rollback",      "savepoint s",
        "savepoint t", "release s", "release t", "rollback to s", "rollback to t"};
    if (one_in(4)) return any(control);
    const Table& table = tables[below(std::size(tables))];
    switch (below(8)) {
      case 0:
      case 1:
      case 2: return insert(table);
      case 3: return upsert(table);
      case 4:
      case 5: return update(table);
      case 6:
        return one_in(6) ? "delete from " + std::string(table.name)
                         : "delete from " + std::string(table.name) + where(table);
      default: return "insert into untracked values (1)";
    }
  }

  std::string conflict() {
    static constexpr const char* ways[] = {
        "", "", " or fail", " or ignore", " or replace", " or rollback", " or abort"};
    return any(ways);
  }

  std::vector<std::string> columns_of(const Table& table) {
    std::vector<std::string> columns;
    for (std::istringstream in(table.columns); in;) {
      std::string column;
      if (in >> column) columns.push_back(column);
    }
    return columns;
  }

  std::string rows(const Table& table) {
    std::string sql;
    for (auto count = 1 + below(3); count > 0; --count) {
      sql += sql.empty() ? "(" : ", (";
      auto columns = static_cast<int>(columns_of(table).size());
      for (int i = 0; i < columns; ++i) sql += (i ? ", " : "") + (i < table.keys ? key() : value());
      sql += ")";
    }
    return sql;
  }

  std::string names(const Table& table) {
    std::string sql;
    for (const auto& column : columns_of(table)) sql += (sql.empty() ? "" : ", ") + column;
    return sql;
  }

  std::string insert(const Table& table) {
    return "insert" + conflict() + " into " + table.name + "(" + names(table) + ") values " +
           rows(table) + (one_in(5) ? " returning *" : "");
  }
  std::string upsert(const Table& table) {
    return "insert into " + std::string(table.name) + "(" + names(table) + ") values " +
           rows(table) + " on conflict(" + table.conflict + ") do update set " + assignments(table);
  }
  std::string update(const Table& table) {
    return "update" + conflict() + " " + table.name + " set " + assignments(table) +
           (one_in(4) ? "" : where(table)) + (one_in(6) ? " returning *" : "");
  }
  std::string assignments(const Table& table) {
    auto columns = columns_of(table);
    auto keys = static_cast<std::size_t>(table.keys);
    std::string sql;
    if (one_in(4)) sql = columns[below(keys)] + " = " + key();
    if (sql.empty() || one_in(2))
      sql += (sql.empty() ? "" : ", ") + columns[keys + below(columns.size() - keys)] + " = " +
             value();
    return sql;
  }
  std::string where(const Table& table) {
    auto columns = columns_of(table);
    auto column = below(columns.size());
    bool is_key = column < static_cast<std::size_t>(table.keys);
    return " where " + columns[column] + " >= " + (is_key ? key() : value());
  }

  // All rows of the tracked tables. Columns that are generated are not asked.
  Dump dump() {
    Dump rows;
    for (const auto& name : tables) {
      auto table = inspect(writer(), name.name, Keys::application);
      EXPECT_TRUE(table.ok());
      std::string columns;
      for (const auto& column : table->columns)
        columns += (columns.empty() ? "" : ", ") + column.name;
      auto read = writer().prepare_own("select " + columns + " from " + name.name);
      EXPECT_TRUE(read.ok());
      for (auto row = (*read)->step(); row && *row; row = (*read)->step()) {
        TrackedTable::Row values;
        for (std::size_t i = 0; i < table->columns.size(); ++i)
          values.push_back(cell(**read, int(i)));
        auto& words = rows[{table->id, table->key_of(values)}];
        for (std::size_t i = 0; i < values.size(); ++i)
          if (!table->columns[i].is_key)
            words[table->columns[i].name] =
                table->columns[i].name + "=" + to_sql_literal(values[i]);
      }
    }
    return rows;
  }

  static Value cell(Statement& row, int column) {
    switch (row.kind(column)) {
      case Kind::integer: return row.integer(column);
      case Kind::real: return row.real(column);
      case Kind::text: return row.text(column);
      case Kind::blob: return Bytes(row.blob(column).begin(), row.blob(column).end());
      case Kind::null: break;
    }
    return {};
  }

  // As in_words() says a record.
  std::string difference(const Dump& before, const Dump& after) {
    std::string text;
    auto say = [&](const RowKey& key, const char* verb, const std::string& now,
                   const std::string& was) {
      text += (text.empty() ? "" : "; ") + std::string(verb) + key_in_words(key.key);
      if (!now.empty()) text += " " + now;
      if (!was.empty()) text += " (" + was + ")";
    };
    std::set<RowKey> keys;
    for (const auto& [key, row] : before) keys.insert(key);
    for (const auto& [key, row] : after) keys.insert(key);
    for (const auto& key : keys) {
      auto was = before.find(key), is = after.find(key);
      if (was == before.end()) {
        say(key, "+", joined(is->second), "");
      } else if (is == after.end()) {
        say(key, "-", "", joined(was->second));
      } else {
        auto now = is->second, then = was->second;
        std::erase_if(now, [&](const auto& each) { return then.at(each.first) == each.second; });
        std::erase_if(then, [&](const auto& each) { return !now.contains(each.first); });
        if (!now.empty()) say(key, "", joined(now), joined(then));
      }
    }
    return text;
  }
  static std::string joined(const std::map<std::string, std::string>& words) {
    std::string text;
    for (const auto& [name, word] : words) text += (text.empty() ? "" : " ") + word;
    return text;
  }

  std::mt19937 random_;
  Dump before_;
  std::size_t seen_ = 0;
  std::int64_t newest_ = 0;
  std::string script_;
};

TEST(CapturePropertyTest, J19_a_record_is_what_the_tables_say) {
  const char* times = std::getenv("OUTBOARD_CAPTURE_SEEDS");
  unsigned seeds = 40u * static_cast<unsigned>(times ? std::max(1, std::atoi(times)) : 1);
  std::size_t records = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    CaptureProperty trial(seed);
    for (int i = 0; i < 250; ++i) {
      ASSERT_NO_FATAL_FAILURE(trial.step());
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
    records += trial.seen();
  }
  EXPECT_GT(records, seeds * 20u);  // most of it did something
}

}  // namespace
}  // namespace outboard::journal::trial
