import DurableFiles
import EventStream
import Testing

/// Adobe's data feed: hits without a header, and beside them names, tables and a manifest.
@Suite struct VendorAdobeTests {
    static let names = [
        "post_visid_high", "post_visid_low", "visit_num", "visit_start_time_gmt", "visit_page_num", "hit_time_gmt",
        "post_cust_hit_time_gmt",
        "hitid_high", "hitid_low", "post_page_event", "post_event_list", "post_page_url", "pagename", "post_pagename", "post_channel",
        "exclude_hit", "hit_source", "customer_perspective", "browser", "geo_country", "ref_type", "post_campaign", "post_evar1",
        "post_cust_visid",
        "zip",
    ]

    /// A hit: number, time and what differs from a page view of visitor 1.
    static func hit(_ number: Int, _ second: Int, _ more: [String: String] = [:], last: Bool = true) -> String {
        var values = [
            "post_visid_high": "111", "post_visid_low": "222", "visit_num": "3", "visit_start_time_gmt": "1700000000",
            "visit_page_num": "\(number)", "hit_time_gmt": "\(1_700_000_000 + second)", "post_cust_hit_time_gmt": "0", "hitid_high": "9",
            "hitid_low": "\(number)", "post_page_event": "0", "post_page_url": "https://bank.example/\(number)",
            "post_pagename": "Page \(number)",
            "post_channel": "loans", "exclude_hit": "0", "hit_source": "1", "browser": "77", "geo_country": "deu", "ref_type": "3",
        ]
        values.merge(more) { $1 }
        return (last ? names : names.dropLast()).map { values[$0] ?? "" }.joined(separator: "\t") + "\n"
    }

    /// A folder with a feed.
    struct Feed {
        let folder: ImportFolder

        init(_ hits: String, names: [String] = VendorAdobeTests.names, lookups: [String: String] = [:]) throws {
            folder = try ImportFolder()
            try put("hit_data.tsv", Array(hits.utf8))
            try FileSystem.live.makeDirectory(folder("lookup"))
            try put("lookup/column_headers.tsv", Array((names.joined(separator: "\t") + "\n").utf8))
            for (name, text) in lookups { try put("lookup/" + name, Array(text.utf8)) }
        }

        func put(_ name: String, _ bytes: [UInt8]) throws { try AtomicFile.write(bytes, to: folder(name)) }
        func read() throws -> VendorImport { try VendorImport(path: folder("hit_data.tsv")) }
    }

    @Test("Sessions, names of numbers, order and what is left out")
    func feed() throws {
        let hits = [
            Self.hit(2, 5, ["post_page_event": "100", "post_event_list": "200,1=25.50,9999", "post_evar1": "gold", "pagename": "raw"]),
            Self.hit(1, 5, ["post_cust_visid": "u1", "post_campaign": "spring", "post_event_list": "2"]),
            Self.hit(3, 9, ["exclude_hit": "1"]), Self.hit(4, 9, ["hit_source": "7"]), Self.hit(5, 9, ["customer_perspective": "1"]),
            Self.hit(2, 5, ["pagename": "again"]), Self.hit(6, 65, ["post_cust_hit_time_gmt": "1700000060", "post_pagename": ""]),
            Self.hit(7, 70, ["visit_start_time_gmt": "1700000070"]), Self.hit(8, 70, ["post_visid_low": "223"]),
        ].joined()
        let feed = try Feed(
            hits,
            lookups: [
                "event.tsv": "1\tPurchase\n2\tProduct View\n200\tLoan asked for\n", "browser.tsv": "77\tFirefox 120\n",
                "referrer_type.tsv": "3\tSearch Engines\tsearch_engine\n",
            ])
        let imported = try feed.read()
        #expect(imported.guess.vendor == .adobeFeed)
        #expect(imported.visitors == ["111/222", "111/223"])
        #expect(imported.sessionKeys == ["111/222/3/1700000000", "111/222/3/1700000070", "111/223/3/1700000000"])
        #expect(imported.texts("event") == ["page_view", "link", "page_view", "page_view", "page_view"])
        #expect(imported.texts("actions").prefix(2) == ["Product View", "Loan asked for,Purchase,9999"])
        #expect(imported.texts("page_title") == ["Page 1", "Page 2", nil, "Page 7", "Page 8"])
        #expect(imported.texts("browser").allSatisfy { $0 == "Firefox 120" })
        #expect(imported.texts("referrer_type")[0] == "Search Engines")
        #expect(imported.texts("post_evar1") == [nil, "gold", nil, nil, nil])
        #expect(imported.texts("campaign_name")[0] == "spring" && imported.customers[0] == "u1")
        // The device's time where there is one.
        #expect(imported.corpus.timesMicroseconds[2] == 1_700_000_060_000_000)
        #expect(imported.dwells[1] == 55)
        #expect(imported.summary.counts.duplicates == 1 && imported.rejects.total == 0)
        #expect(
            imported.summary.counts.skipped == ["excluded by Adobe": 1, "data sources and summaries": 1, "app in the background": 1])
    }

    @Test("A last column that is empty may be missing, and another number is an error")
    func oneNameMore() throws {
        let short = try Feed(Self.hit(1, 0, last: false) + Self.hit(2, 1, last: false)).read()
        #expect(short.summary.counts.events == 2 && short.rejects.total == 0)
        #expect(short.guess.reasons.contains { $0.contains("`zip`") })

        let feed = try Feed(Self.hit(1, 0, last: false), names: Self.names + ["more"])
        let error = #expect(throws: ExportError.self) { try feed.read() }
        #expect(error?.reason.contains("24 fields") == true && error?.reason.contains("26 columns") == true)
    }

    @Test("A backslash makes data of tabs, line ends and backslashes")
    func escapes() throws {
        let hits = Self.hit(1, 0, ["post_pagename": "a\\\tb\\\nc\\\\"]) + Self.hit(2, 1, ["post_pagename": "\"quoted"])
        let imported = try Feed(hits).read()
        #expect(imported.texts("page_title") == ["a\tb\nc\\", "\"quoted"] && imported.rejects.total == 0)
    }

    @Test("ISO 8859-1 is told from UTF-8")
    func encodings() throws {
        let utf8 = try Feed(Self.hit(1, 0, ["post_pagename": "Für Sie"])).read()
        #expect(utf8.texts("page_title") == ["Für Sie"])
        let feed = try Feed("")
        var bytes = Array(Self.hit(1, 0, ["post_pagename": "F_r Sie"]).utf8)
        bytes[try #require(bytes.firstIndex(of: UInt8(ascii: "_")))] = 0xFC
        try feed.put("hit_data.tsv", bytes)
        let latin1 = try feed.read()
        #expect(latin1.texts("page_title") == ["Für Sie"] && latin1.guess.mapping.encoding == .latin1)
    }

    @Test("Tables that are missing leave their numbers, with a word about it")
    func missingLookups() throws {
        let imported = try Feed(Self.hit(1, 0, ["post_event_list": "2"])).read()
        #expect(imported.texts("browser") == ["77"] && imported.texts("actions") == ["2"] && imported.texts("event") == ["page_view"])
        #expect(imported.guess.reasons.contains { $0.contains("browser.tsv") })
    }

    @Test("A table of the lookup archive is told from hits", arguments: ["browser.tsv", "column_headers.tsv"])
    func lookupsAreNoHits(name: String) throws {
        let feed = try Feed(Self.hit(1, 0), lookups: ["browser.tsv": "77\tFirefox 120\n78\tOther\n"])
        let error = #expect(throws: ExportError.self) { try ExportReaders.guess(ExportInput(path: feed.folder("lookup/" + name))) }
        #expect(error?.reason.contains("holds no hits") == true)
    }

    @Test("Without the names of columns nothing is guessed")
    func missingHeaders() throws {
        let feed = try Feed(Self.hit(1, 0))
        try FileSystem.live.removeTree(feed.folder("lookup"))
        let input = try ExportInput(path: feed.folder("hit_data.tsv"))
        let error = #expect(throws: ExportError.self) { try ExportReaders.guess(input, format: .adobeFeed) }
        #expect(error?.kind == .noInput && error?.reason.contains("column_headers.tsv") == true)
        #expect(throws: ExportError.self) { try ExportReaders.guess(input) }
    }

    @Test("A feed with a header says itself what its columns are")
    func withHeader() throws {
        let folder = try ImportFolder()
        let text = Self.names.joined(separator: "\t") + "\n" + Self.hit(1, 0) + Self.hit(2, 1)
        try AtomicFile.write(Array(text.utf8), to: folder("hits.tsv"))
        let imported = try VendorImport(path: folder("hits.tsv"))
        #expect(imported.guess.vendor == .adobeFeed && imported.summary.counts.events == 2)
    }

    @Test("The archive of lookups is read as it is")
    func archive() throws {
        let folder = try ImportFolder()
        let headers = Self.names.joined(separator: "\t") + "\n"
        try AtomicFile.write(Array(Self.hit(1, 0).utf8), to: folder("01-bank_2024-01-02.tsv"))
        try AtomicFile.write(
            gzipStored(Self.tar([("column_headers.tsv", headers), ("browser.tsv", "77\tOpera\n")])),
            to: folder("bank_2024-01-02-lookup_data.tar.gz"))
        try AtomicFile.write(gzipStored(Self.tar([("column_headers.tsv", "a\tb\n")])), to: folder("bank_2024-01-03-lookup_data.tar.gz"))
        let imported = try VendorImport(path: folder("01-bank_2024-01-02.tsv"))
        #expect(imported.texts("browser") == ["Opera"])

        try AtomicFile.write(gzipStored(Array("no archive".utf8)), to: folder("bank_2024-01-02-lookup_data.tar.gz"))
        let error = #expect(throws: ExportError.self) { try VendorImport(path: folder("01-bank_2024-01-02.tsv")) }
        #expect(error?.reason.contains("tar") == true)
        let tar = folder("hits.tsv")
        try AtomicFile.write(Self.tar([("hit_data.tsv", Self.hit(1, 0))]), to: tar)
        #expect(throws: ExportError.self) { try VendorImport(path: tar) }
    }

    static func tar(_ files: [(String, String)]) -> [UInt8] {
        func padded(_ text: String, _ count: Int) -> [UInt8] { Array(text.utf8) + [UInt8](repeating: 0, count: count - text.utf8.count) }
        var bytes: [UInt8] = []
        for (name, text) in files {
            let size = String(text.utf8.count, radix: 8)
            var header = padded("lookups/" + name, 124) + padded(String(repeating: "0", count: 11 - size.count) + size, 12)
            header += padded("", 20) + padded("0", 101) + padded("ustar", 255)
            bytes += header + Array(text.utf8) + [UInt8](repeating: 0, count: (512 - text.utf8.count % 512) % 512)
        }
        return bytes + [UInt8](repeating: 0, count: 1024)
    }

    // MARK: Manifests

    /// `echo -n` of hits 1 and 2 through md5sum is not at hand in a test, so digests of texts of the RFC stand in for hits.
    static let abc = (text: "abc", md5: "900150983cd24fb0d6963f7d28e17f72")
    static let letters = (text: "abcdefghijklmnopqrstuvwxyz", md5: "c3fcd3d76192e4007dfb496cca67e13b")
    static let digits = (
        text: String(repeating: "1234567890", count: 8), md5: "57edf4a22be3c955ac49da2e2107b67a"
    )

    static func manifest(_ files: [(name: String, md5: String, size: Int, records: Int)]) -> [UInt8] {
        var text = "Datafeed-Manifest-Version: 1.0\nLookup-Files: 0\nData-Files: \(files.count)\nTotal-Records: 2\n"
        for file in files {
            text += "\nData-File: \(file.name)\nMD5-Digest: \(file.md5)\nFile-Size: \(file.size)\nRecord-Count: \(file.records)\n"
        }
        return Array(text.utf8)
    }

    @Test("A folder is a feed once all files that its manifest names are there and whole", arguments: [abc, letters, digits])
    func manifests(_ known: (text: String, md5: String)) throws {
        let folder = try ImportFolder()
        func put(_ name: String, _ bytes: [UInt8]) throws { try AtomicFile.write(bytes, to: folder(name)) }
        func fault() -> ExportError? {
            do throws(ExportError) {
                _ = try ExportReaders.files(of: folder.path)
                return nil
            } catch { return error }
        }
        let size = known.text.utf8.count
        try put("bank_2024-01-02.txt", Self.manifest([("01-bank.tsv", known.md5, size, 1), ("02-bank.tsv", known.md5, size, 1)]))
        try put("01-bank.tsv", Array(known.text.utf8))
        #expect(fault()?.kind == .noInput && fault()?.reason.contains("1 of the 2 files") == true)
        try put("02-bank.tsv", Array(known.text.utf8) + [0x0A])
        #expect(fault()?.reason.contains("\(size + 1) bytes") == true)
        try put("02-bank.tsv", Array(known.text.utf8.dropLast()) + [0x0A])
        #expect(fault()?.reason.contains("MD5") == true)
        try put("02-bank.tsv", Array(known.text.utf8))
        #expect(try ExportReaders.files(of: folder.path) == [folder("01-bank.tsv"), folder("02-bank.tsv")])
        // One file is checked by the manifest that names it, too.
        try put("bank_2024-01-02.txt", Self.manifest([("01-bank.tsv", known.md5, size, 2), ("02-bank.tsv", known.md5, size, 1)]))
        #expect(fault()?.reason.contains("1 hits") == true)
        #expect(throws: ExportError.self) { try ExportReaders.files(of: folder("01-bank.tsv")) }
        #expect(try ExportReaders.files(of: folder("02-bank.tsv")) == [folder("02-bank.tsv")])
    }

    @Test("Without a manifest a feed has not arrived, unless it is of the older kind")
    func fin() throws {
        let feed = try Feed(Self.hit(1, 0))
        let error = #expect(throws: ExportError.self) { try ExportReaders.files(of: feed.folder.path) }
        #expect(error?.reason.contains("manifest") == true)
        try feed.put("bank_2024-01-02.fin", [])
        #expect(try ExportReaders.files(of: feed.folder.path) == [feed.folder("hit_data.tsv")])
    }
}
