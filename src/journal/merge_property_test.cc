// Replicas with real tables: random SQL on each, and each takes in what others recorded, in any
// order, twice, late, and its own as acknowledged. At each step a replica's merged state is what
// the oracle makes of the transactions that it holds, and its table shows whom the oracle lets
// live: SQLite itself says, in a database of the test's own, which rows fit and which two cannot be
// together. In the end all are the same, byte for byte.
//
// OUTBOARD_MERGE_SEEDS=10 tries ten times as many.
#include "journal/cells.h"
#include "journal/journal_testing.h"
#include "journal/merge/oracle_testing.h"

namespace outboard::journal::trial {
namespace {

constexpr const char* tables_sql =
    "create table t(id text primary key not null, email text collate nocase unique, low int, high "
    "int, slug, body, size as (length(body)), unique (low, high), check (body is null or body <> "
    "13), check (low is null or high is null or low <= high));"
    "create unique index t_slug on t(lower(slug) desc) where body is not 2;"
    "create table u(k blob not null, id int not null, a any not null, b real, c text collate "
    "rtrim, "
    "primary key (id, k)) strict, without rowid;"
    "create unique index u_b on u(b, c);"
    "create table child(id text primary key not null, parent references t on delete cascade);";
constexpr const char* triggers_sql =
    "create table untracked(v);"
    "create trigger notes after insert on t begin insert into untracked values (new.id); end;"
    "create trigger copies after update of body on t when new.body = 3 begin "
    "insert or ignore into child values (new.id || '!', new.id); end;";
constexpr const char* names[] = {"t", "u", "child"};

struct Said {
  Bytes body;
  Intent intent;
};

class Replica : public JournalTrial {
 public:
  explicit Replica(int number) : JournalTrial("replica " + std::to_string(number)) {
    std::uint8_t burnt[1];
    for (int i = 0; i < 10 * number; ++i) platform.random(burnt);
    for (int i = 0; i < 40 * number; ++i) (void)platform.wall_ms();  // clocks differ
    EXPECT_EQ(run(tables_sql), "ok");
    EXPECT_EQ(run(triggers_sql), "ok");
    for (const char* name : names)
      EXPECT_EQ(run("select outboard_track('" + std::string(name) + "')"), "ok");
    EXPECT_EQ(sqlite3_open(":memory:", &judge_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(judge_, tables_sql, nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~Replica() { sqlite3_close(judge_); }

  std::vector<Said> new_ones() {
    std::vector<Said> all;
    auto rows = writer().prepare_own(
        "select n, intent from sqlite_outboard_record where n > ? and replica = ? order by n");
    (*rows)->bind_integer(1, newest_);
    (*rows)->bind_integer(2, static_cast<std::int64_t>(journal->replica()));
    while (*(*rows)->step()) {
      newest_ = (*rows)->integer(0);
      auto body = (*rows)->blob(1);
      all.push_back({Bytes(body.begin(), body.end()), *decode_intent(body)});
      pending_.push_back(all.back().intent);
    }
    return all;
  }

  void take(const Said& said) {
    auto done = journal->apply(said.body);
    ASSERT_TRUE(done.ok()) << done.error().message;
    ++merged;
    std::erase_if(pending_, [&](const Intent& own) { return own.stamp == said.intent.stamp; });
    bool known = std::ranges::any_of(
        acknowledged_, [&](const Intent& one) { return one.stamp == said.intent.stamp; });
    if (!known) acknowledged_.push_back(said.intent);
  }

  // Row by row, both ways.
  void expect_as_the_rules_say() {
    ASSERT_EQ(run("begin"), "ok");
    ASSERT_TRUE(journal->fold().ok());
    ASSERT_EQ(run("commit"), "ok");
    auto all = acknowledged_;
    all.insert(all.end(), pending_.begin(), pending_.end());
    auto merged_rows = oracle_rows(all), base = oracle_rows(acknowledged_);
    auto world = journal->merger().world();
    std::size_t known = 0;
    RowKey at;
    while (auto entry = *journal->merger().merged().next(at)) {
      at = entry->row;
      ++known;
      auto state = world.load(at);
      ASSERT_EQ(as_oracle(state, Layer::merged), merged_rows[at].slots);
      ASSERT_EQ(as_oracle(state, Layer::acknowledged), base[at].slots);
    }
    ASSERT_FALSE(world.failure()) << world.failure()->message;
    ASSERT_EQ(known, merged_rows.size());
    ASSERT_EQ(shown(), lives(merged_rows));
  }

  std::map<RowKey, std::string> shown() {
    std::map<RowKey, std::string> rows;
    for (const char* name : names) {
      auto table = *inspect(writer(), name, Keys::unique);
      auto read = *writer().prepare_own(select(table));
      while (*read->step()) {
        auto row = row_in(table, read->handle());
        rows[{table.id, table.key_of(row)}] = words(row);
      }
    }
    return rows;
  }

  // What all of it is to be, once everything is acknowledged.
  std::string state() {
    auto world = journal->merger().world();
    StateReader reader(journal->merger().merged(), world);
    while (*reader.next()) {
    }
    return to_hex(reader.digest());
  }

  std::size_t merged = 0, shadowed = 0;

 private:
  struct Candidate {
    RowKey key;
    const TrackedTable* table;
    Stamp added;
    TrackedTable::Row row;
  };

  // Who is alive, fits, and has no older rival: asked of each two.
  std::map<RowKey, std::string> lives(std::map<RowKey, OracleRow>& rows) {
    std::vector<TrackedTable> tables;
    for (const char* name : names) tables.push_back(*inspect(writer(), name, Keys::unique));
    std::vector<Candidate> candidates;
    for (auto& [key, row] : rows) {
      if (!row.alive()) continue;
      const auto& table = *std::ranges::find(tables, key.table, &TrackedTable::id);
      Candidate one{key, &table, *row.added, *table.row_of(key.key)};
      for (std::size_t place : table.others) one.row[place] = row.value_of(table.columns[place].id);
      if (put(one)) candidates.push_back(one);
      empty();
    }
    std::map<RowKey, std::string> living;
    for (const auto& one : candidates) {
      EXPECT_TRUE(put(one));
      bool lives = true;
      for (const auto& other : candidates) {
        if (other.table != one.table || other.key == one.key) continue;
        bool older = std::tie(other.added, other.key) < std::tie(one.added, one.key);
        if (older && !put(other)) lives = false;
        if (older && !lives) break;
        if (older) remove(other);
      }
      if (lives) {
        std::string text;
        sqlite3_stmt* read = nullptr;
        sqlite3_prepare_v2(judge_, select(*one.table).c_str(), -1, &read, nullptr);
        EXPECT_EQ(sqlite3_step(read), SQLITE_ROW);
        living[one.key] = words(row_in(*one.table, read));
        sqlite3_finalize(read);
      }
      shadowed += !lives;
      empty();
    }
    return living;
  }

  bool put(const Candidate& one) {
    std::string columns, values;
    for (std::size_t i = 0; i < one.row.size(); ++i) {
      columns += (i ? ", " : "") + one.table->columns[i].name;
      values += (i ? ", " : "") + literal(one.row[i]);
    }
    return judge("insert into " + one.table->name + "(" + columns + ") values (" + values + ")");
  }
  void remove(const Candidate& one) {
    std::string where;
    for (std::size_t place : one.table->key)
      where += (where.empty() ? " where " : " and ") + one.table->columns[place].name + " = " +
               literal(one.row[place]);
    EXPECT_TRUE(judge("delete from " + one.table->name + where));
  }
  void empty() {
    for (const char* name : names) judge("delete from " + std::string(name));
  }
  bool judge(const std::string& sql) {
    sqlite3_exec(judge_, "pragma foreign_keys = off", nullptr, nullptr, nullptr);
    return sqlite3_exec(judge_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  }

  static std::string literal(const Value& value) { return to_sql_literal(value); }
  static std::string words(const TrackedTable::Row& row) {
    std::string text;
    for (const auto& value : row) text += literal(value) + " ";
    return text;
  }
  static std::string select(const TrackedTable& table) {
    std::string sql;
    for (const auto& column : table.columns) sql += (sql.empty() ? "select " : ", ") + column.name;
    return sql + " from main." + table.name;
  }
  static TrackedTable::Row row_in(const TrackedTable& table, sqlite3_stmt* statement) {
    TrackedTable::Row row;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      row.push_back(value_of(sqlite3_column_value(statement, static_cast<int>(i)), false));
    return row;
  }

  std::int64_t newest_ = 0;
  std::vector<Intent> acknowledged_, pending_;
  sqlite3* judge_ = nullptr;
};

class MergeProperty {
 public:
  explicit MergeProperty(std::uint64_t seed) : random_(seed) {
    auto count = 2 + static_cast<int>(random_.below(3));
    for (int i = 0; i < count; ++i) replicas_.push_back(std::make_unique<Replica>(i));
    taken_.resize(replicas_.size());
  }

  void step() {
    auto who = random_.below(replicas_.size());
    auto& replica = *replicas_[who];
    if (!random_.one_in(3)) {
      auto sql = statement();
      (void)replica.run(sql);
      if (random_.one_in(2)) (void)replica.run(statement());
      if (replica.writer().in_transaction()) (void)replica.run("commit");
      if (replica.writer().in_transaction()) (void)replica.run("rollback");
      for (auto& said : replica.new_ones()) log_.push_back(std::move(said));
    } else {
      for (auto count = 1 + random_.below(6); count > 0 && !log_.empty(); --count)
        ASSERT_NO_FATAL_FAILURE(take(who, random_.below(log_.size())));
    }
    if (random_.one_in(4)) {
      ASSERT_NO_FATAL_FAILURE(replica.expect_as_the_rules_say());
    }
  }

  void end() {
    for (std::size_t who = 0; who < replicas_.size(); ++who) {
      std::vector<std::size_t> order;
      for (std::size_t i = 0; i < log_.size(); ++i)
        if (!taken_[who].contains(i)) order.push_back(i);
      std::ranges::shuffle(order, random_.generator());
      for (auto i : order) ASSERT_NO_FATAL_FAILURE(take(who, i));
      ASSERT_NO_FATAL_FAILURE(replicas_[who]->expect_as_the_rules_say());
      ASSERT_EQ(replicas_[who]->state(), replicas_[0]->state());
      ASSERT_EQ(replicas_[who]->shown(), replicas_[0]->shown());
      merged += replicas_[who]->merged;
      shadowed += replicas_[who]->shadowed;
    }
  }

  std::size_t merged = 0, shadowed = 0;

 private:
  void take(std::size_t who, std::size_t which) {
    replicas_[who]->take(log_[which]);
    taken_[who].insert(which);
  }

  template <std::size_t size>
  std::string any(const char* const (&choices)[size]) {
    return choices[random_.below(size)];
  }
  std::string value() {
    static constexpr const char* values[] = {"1",    "2",   "3",    "1.0",   "2.5",
                                             "'a'",  "'A'", "'a '", "x'61'", "'1'",
                                             "null", "13",  "-0.0", "1",     "'a'"};
    return any(values);
  }
  std::string key() {
    static constexpr const char* keys[] = {"'1'", "'2'", "'3'", "'4'", "'5'"};
    return any(keys);
  }

  std::string statement() {
    static constexpr const char* or_what[] = {"insert", "insert or replace", "insert or ignore"};
    static constexpr const char* columns[] = {"email", "low", "high", "slug", "body"};
    static constexpr const char* of_u[] = {"a", "b", "c"};
    static constexpr const char* ids[] = {"1", "2", "3"};
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        return any(or_what) + " into t values (" + key() + ", " + value() + ", " + value() + ", " +
               value() + ", " + value() + ", " + value() + ")";
      case 3:
      case 4: return "update t set " + any(columns) + " = " + value() + " where id = " + key();
      case 5: return "update or replace t set slug = " + value() + " where id > " + key();
      case 6: return "delete from t where id = " + key();
      case 7: return "update t set id = " + key() + " where id = " + key();
      case 8:
        return any(or_what) + " into u values (" + (random_.one_in(2) ? "x'01'" : "x'02'") + ", " +
               any(ids) + ", " + value() + ", 1.5, " + key() + ")";
      case 9: return "update u set " + any(of_u) + " = " + value() + " where id = " + any(ids);
      case 10: return "insert or ignore into child values (" + key() + ", " + key() + ")";
      default:
        return random_.one_in(2) ? "begin" : "delete from u where id = " + std::string(any(ids));
    }
  }

  Random random_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<Said> log_;
  std::vector<std::set<std::size_t>> taken_;
};

TEST(MergePropertyTest, J16_replicas_that_hold_the_same_show_the_same_as_the_rules_say) {
  std::size_t merged = 0, shadowed = 0;
  for (std::size_t seed = 1; seed <= seeds(12); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MergeProperty trial(seed);
    for (int i = 0; i < 120; ++i) ASSERT_NO_FATAL_FAILURE(trial.step());
    ASSERT_NO_FATAL_FAILURE(trial.end());
    ASSERT_FALSE(::testing::Test::HasFailure());
    merged += trial.merged;
    shadowed += trial.shadowed;
  }
  EXPECT_GT(merged, seeds(12) * 50);
  EXPECT_GT(shadowed, seeds(12) * 3);
}

}  // namespace
}  // namespace outboard::journal::trial
