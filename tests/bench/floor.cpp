// The floor that `discover` is measured against: the article's batch job in plain C++, from file to table, byte for byte.
//   floor FILE.jsonl [min_count] [min_pmi] > words.tsv
// One thread, no library. Codes of all characters stay in memory for the second pass, as in `discover`.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

using Codes = std::vector<uint16_t>;

static int alphabet(uint32_t point) {  // 0 for what separates
    if (point >= 0x4e00 && point <= 0x9fa5) return point - 0x4e00 + 63;
    if (point >= '0' && point <= '9') return point - '0' + 1;
    if (point >= 'A' && point <= 'Z') return point - 'A' + 11;
    if (point >= 'a' && point <= 'z') return point - 'a' + 37;
    return 0;
}

static uint32_t point_of(int code) {
    return code < 11 ? '0' + code - 1 : code < 37 ? 'A' + code - 11 : code < 63 ? 'a' + code - 37 : 0x4e00 + code - 63;
}

static void write(std::string& out, int code) {
    uint32_t point = point_of(code);
    if (point < 0x80) { out += char(point); return; }
    out += char(0xe0 | point >> 12); out += char(0x80 | (point >> 6 & 63)); out += char(0x80 | (point & 63));
}

static const char* text_of(const char* at, const char* end) {  // behind the quote of the value of "text"
    static const char key[] = "\"text\":";
    const char* found = (const char*)memmem(at, end - at, key, 7);
    if (!found) return nullptr;
    for (found += 7; *found == ' ';) found++;
    return found + 1;
}

static void decode(const char* data, const char* stop, Codes& codes) {  // JSON lines, valid UTF-8
    while (data < stop) {
        const char* end = (const char*)memchr(data, '\n', stop - data);
        if (!end) end = stop;
        const unsigned char* at = (const unsigned char*)text_of(data, end);
        while (at && *at != '"') {
            uint32_t point = *at;
            if (point == '\\') {
                point = at[1] == 'u' ? strtoul(std::string((const char*)at + 2, 4).c_str(), nullptr, 16) : ' ';
                at += at[1] == 'u' ? 6 : 2;
            } else if (point < 0x80) at += 1;
            else if (point < 0xe0) { point = 0; at += 2; }
            else if (point < 0xf0) { point = (point & 15) << 12 | (at[1] & 63) << 6 | (at[2] & 63); at += 3; }
            else { point = 0; at += 4; }
            codes.push_back(alphabet(point));
        }
        if (at) codes.push_back(0);
        data = end + 1;
    }
}

struct Table {  // open addresses; key 0 is free
    std::vector<uint64_t> keys; std::vector<uint32_t> counts; size_t used = 0;
    explicit Table(size_t size) : keys(size), counts(size) {}
    size_t slot(uint64_t key) const {
        size_t at = (key * 0x9e3779b97f4a7c15ull) >> 20 & (keys.size() - 1);
        while (keys[at] && keys[at] != key) at = (at + 1) & (keys.size() - 1);
        return at;
    }
    void add(uint64_t key, uint32_t count = 1) {
        size_t at = slot(key);
        if (!keys[at]) { keys[at] = key; if (++used * 2 > keys.size()) { counts[at] += count; grow(); return; } }
        counts[at] += count;
    }
    void grow() {
        Table larger(2 * keys.size());
        for (size_t at = 0; at < keys.size(); at++) if (keys[at]) larger.add(keys[at], counts[at]);
        std::swap(*this, larger);
    }
};

int main(int count, char** args) {
    uint32_t least = count > 2 ? atoi(args[2]) : 10;
    double min_pmi = count > 3 ? atof(args[3]) : 1.0;
    FILE* file = fopen(args[1], "rb");
    fseek(file, 0, SEEK_END);
    std::vector<char> data(ftell(file));
    rewind(file);
    if (fread(data.data(), 1, data.size(), file) != data.size()) return 1;
    Codes codes;
    codes.reserve(data.size() / 2);
    decode(data.data(), data.data() + data.size(), codes);
    codes.push_back(0);

    std::vector<uint32_t> chars(1 << 15);
    Table pairs(1 << 20);
    uint64_t total = 0;
    for (size_t at = 0; at + 1 < codes.size(); at++) {
        uint32_t left = codes[at], right = codes[at + 1];
        chars[left]++;
        if (left && right) { pairs.add(left << 15 | right); total++; }
    }
    for (size_t at = 0; at < pairs.keys.size(); at++) {
        uint64_t key = pairs.keys[at];
        double n = pairs.counts[at];
        bool strong = n >= least && std::log(total * n / (double(chars[key >> 15]) * chars[key & 32767])) >= min_pmi;
        pairs.counts[at] = strong;
    }

    Table words(1 << 20);
    std::unordered_map<std::u16string, uint32_t> longer;
    size_t begin = 0;
    for (size_t at = 0; at < codes.size(); at++) {
        if (at && codes[at] && codes[at - 1] && pairs.counts[pairs.slot(uint32_t(codes[at - 1]) << 15 | codes[at])]) continue;
        size_t length = at - begin;
        if (at > begin && codes[begin]) {
            uint64_t key = 0;
            for (size_t i = begin; length <= 4 && i < at; i++) key = key << 15 | codes[i];
            if (length <= 4) words.add(key);
            else longer[std::u16string(codes.begin() + begin, codes.begin() + at)]++;
        }
        begin = at;
    }
    std::vector<std::pair<uint32_t, std::string>> found;
    for (size_t at = 0; at < words.keys.size(); at++) {
        if (!words.keys[at] || words.counts[at] < least) continue;
        std::string word;
        for (int shift = 45; shift >= 0; shift -= 15) if (int code = words.keys[at] >> shift & 32767) write(word, code);
        found.emplace_back(words.counts[at], word);
    }
    for (auto& [text, n] : longer) {
        if (n < least) continue;
        std::string word;
        for (char16_t code : text) write(word, code);
        found.emplace_back(n, word);
    }
    std::sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
    for (auto& [n, word] : found) printf("%s\t%u\n", word.c_str(), n);
}
