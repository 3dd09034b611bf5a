import DurableFiles
import EventStream
import Testing

/// Adobe's data feed as it lies after some days: one day beside or below another, complete or still arriving.
@Suite struct VendorFeedTests {
    private let folder: ImportFolder
    private let out: ImportFolder
    init() throws { (folder, out) = (try ImportFolder(), try ImportFolder()) }

    private static let names = VendorAdobeTests.names

    private func put(_ name: String, _ text: String) throws { try put(name, bytes: Array(text.utf8)) }

    private func put(_ name: String, bytes: [UInt8]) throws {
        var parent = folder.path
        for part in name.split(separator: "/").dropLast() {
            parent += "/" + part
            if try FileSystem.live.status(of: parent) == nil { try FileSystem.live.makeDirectory(parent) }
        }
        try AtomicFile.write(bytes, to: folder(name))
    }

    /// The hits of one part with their columns in the order of `names`.
    private static func hits(_ numbers: [Int], _ more: [String: String] = [:], names: [String] = names) -> String {
        numbers.map { number in
            let fields = VendorAdobeTests.hit(number, number, more).dropLast().split(separator: "\t", omittingEmptySubsequences: false)
            let values = Dictionary(zip(Self.names, fields)) { one, _ in one }
            return names.map { values[$0] ?? more[$0].map { $0[...] } ?? "" }.joined(separator: "\t") + "\n"
        }.joined()
    }

    /// A day in a folder of its own: one part, names, a table of browsers and a manifest.
    private func putDay(
        _ day: String, _ text: String, browser: String? = "Firefox", names: [String] = names, in place: String? = nil
    ) throws {
        let place = place ?? day
        try put("\(place)/01-bank_\(day).tsv", text)
        try put("\(place)/lookup/column_headers.tsv", names.joined(separator: "\t") + "\n")
        if let browser { try put("\(place)/lookup/browser.tsv", "77\t\(browser)\n") }
        try put(
            "\(place)/bank_\(day).txt",
            "Datafeed-Manifest-Version: 1.0\n\nData-File: 01-bank_\(day).tsv\nFile-Size: \(text.utf8.count)\n")
    }

    private func read(_ path: String) throws -> (guess: MappingGuess, corpus: Corpus, rejects: RejectCollector, empty: [String]) {
        let parts = try ExportParts(ExportReaders.files(of: path))
        let guess = try ExportReaders.guess(parts.sample)
        var rejects = RejectCollector()
        var settings = ImportSettings()
        settings.replacesCorpus = true
        let corpus = out("corpus")
        _ = try ExportImporter(settings).run(sources: parts.sources(guess), to: corpus, rejects: &rejects)
        return (guess, try Corpus.open(corpus), rejects, parts.empty)
    }

    private func fault(_ path: String? = nil) -> ExportError? {
        do {
            _ = try read(path ?? folder.path)
            return nil
        } catch { return error as? ExportError }
    }

    @Test("Days below a folder are read each by its own columns and tables, and the tables are no hits")
    func twoDays() throws {
        var swapped = Self.names
        let title = try #require(swapped.firstIndex(of: "post_pagename")), country = try #require(swapped.firstIndex(of: "geo_country"))
        swapped.swapAt(title, country)
        try putDay("2024-01-02", Self.hits([1, 2]))
        try putDay("2024-01-03", Self.hits([3], names: swapped), browser: "Opera", names: swapped)
        let files = ["2024-01-02/01-bank_2024-01-02.tsv", "2024-01-03/01-bank_2024-01-03.tsv"].map { folder($0) }
        #expect(try ExportReaders.files(of: folder.path) == files)
        let (guess, corpus, rejects, _) = try read(folder.path)
        #expect(guess.vendor == .adobeFeed && rejects.total == 0 && corpus.eventCount == 3)
        #expect((0..<3).map { corpus.text("page_title", $0) } == ["Page 1", "Page 2", "Page 3"])
        #expect((0..<3).map { corpus.text("country", $0) } == ["deu", "deu", "deu"])
        #expect((0..<3).map { corpus.text("browser", $0) } == ["Firefox", "Firefox", "Opera"])
    }

    @Test("Archives of several days lie in one folder")
    func archives() throws {
        for (day, browser) in [("2024-01-02", "Firefox"), ("2024-01-03", "Opera")] {
            let number = day == "2024-01-02" ? 1 : 2
            try put("01-bank_\(day).tsv", Self.hits([number]))
            let headers = Self.names.joined(separator: "\t") + "\n"
            try put(
                "bank_\(day)-lookup_data.tar.gz",
                bytes: gzipStored(VendorAdobeTests.tar([("column_headers.tsv", headers), ("browser.tsv", "77\t\(browser)\n")])))
            try put("bank_\(day).fin", "")
        }
        let corpus = try read(folder.path).corpus
        #expect((0..<2).map { corpus.text("browser", $0) } == ["Firefox", "Opera"])
    }

    @Test("A day whose columns make other fields is refused by its name")
    func otherFields() throws {
        try putDay("2024-01-02", Self.hits([1], ["post_evar1": "gold"]))
        let more = Self.names + ["post_evar9"]
        try putDay("2024-01-03", Self.hits([2], ["post_evar9": "new"], names: more), names: more)
        #expect(fault()?.reason.contains("it has `post_evar9`, too") == true, "\(String(describing: fault()))")
        // A column without values is none.
        try putDay("2024-01-03", Self.hits([2], names: more), names: more)
        #expect(fault() == nil)
        let fewer = Self.names.filter { $0 != "post_evar1" }
        try putDay("2024-01-03", Self.hits([2], names: fewer), names: fewer)
        #expect(fault()?.reason.contains("it lacks `post_evar1`") == true && fault()?.place.contains("2024-01-03") == true)
        try putDay("2024-01-03", Self.hits([2]))
        try FileSystem.live.removeFile(folder("2024-01-03/lookup/browser.tsv"))
        #expect(fault()?.reason.contains("`browser`") == true && fault()?.remedy.contains("lookups of every day") == true)
        try FileSystem.live.removeTree(folder("2024-01-03/lookup"))
        #expect(fault()?.kind == .noInput && fault()?.reason.contains("column_headers.tsv") == true)
    }

    @Test("An hour without visitors is left out")
    func emptyPart() throws {
        try putDay("2024-01-02", Self.hits([1, 2]))
        try put("2024-01-02/02-bank_2024-01-02.tsv.gz", bytes: gzipStored([]))
        let manifest = String(decoding: try folder.bytes("2024-01-02/bank_2024-01-02.txt"), as: UTF8.self)
        try put("2024-01-02/bank_2024-01-02.txt", manifest + "\nData-File: 02-bank_2024-01-02.tsv.gz\nRecord-Count: 0\n")
        let (_, corpus, _, empty) = try read(folder.path)
        #expect(corpus.eventCount == 2 && empty == [folder("2024-01-02/02-bank_2024-01-02.tsv.gz")])
    }

    @Test("Hits that no manifest names yet are still arriving, beside others and in inner folders")
    func unnamed() throws {
        try putDay("2024-01-02", Self.hits([1, 2]), in: "feed")
        #expect(fault() == nil)
        try put("feed/01-bank_2024-01-03.tsv", Self.hits([3]))
        let error = fault()
        #expect(error?.kind == .noInput && error?.reason.contains("still arriving") == true, "\(String(describing: error))")
        #expect(error?.reason.contains("01-bank_2024-01-03.tsv") == true)
        // The same file, unpacked beside what the manifest names, is no other.
        try FileSystem.live.removeFile(folder("feed/01-bank_2024-01-03.tsv"))
        try put("feed/01-bank_2024-01-02.tsv.gz", bytes: gzipStored(Array(Self.hits([1]).utf8)))
        #expect(try ExportReaders.files(of: folder.path) == [folder("feed/01-bank_2024-01-02.tsv")])
    }

    @Test("Of the older kind every day needs its own mark")
    func marks() throws {
        try put("lookup/column_headers.tsv", Self.names.joined(separator: "\t") + "\n")
        for name in ["01-bank_2024-01-02.tsv", "02-bank_2024-01-02.tsv", "01-bank_2024-01-03.tsv"] { try put(name, Self.hits([1])) }
        try put("bank_2024-01-02.fin", "")
        #expect(fault()?.reason.contains("1 files of hits, 01-bank_2024-01-03.tsv") == true, "\(String(describing: fault()))")
        try put("bank_2024-01-03.fin", "")
        #expect(try ExportReaders.files(of: folder.path).count == 3)
    }

    @Test("Parts without anything beside them are still arriving, and other files called alike by their folder are not")
    func loneParts() throws {
        try put("day/01-bank_2024-01-02.tsv.gz", "x")
        try put("day/02-bank_20240102-130000.tsv", "x")
        #expect(fault()?.reason.contains("there are 2 parts of hits") == true)
        try put("day/part-0.csv", "x")
        #expect(try ExportReaders.files(of: folder.path).count == 3)
        try FileSystem.live.removeTree(folder("day"))
        for name in ["part-1.tsv", "01-bank.tsv", "bank_2024-01-02.tsv"] { try put(name, "x") }
        #expect(try ExportReaders.files(of: folder.path).count == 3)
    }

    @Test("What is ASCII for long is ISO 8859-1 behind, as a feed is by its specification")
    func lateCharacter() throws {
        var bytes = Array(Self.hits(Array(1...3_000)).utf8)
        #expect(bytes.count > 1 << 18)
        var last = Array(Self.hits([3_001], ["post_pagename": "F_r Sie"]).utf8)
        last[try #require(last.firstIndex(of: UInt8(ascii: "_")))] = 0xFC
        bytes += last
        try put("lookup/column_headers.tsv", Self.names.joined(separator: "\t") + "\n")
        try put("hit_data.tsv", bytes: bytes)
        try put("bank.fin", "")
        let (guess, corpus, rejects, _) = try read(folder.path)
        #expect(guess.mapping.encoding == .latin1 && rejects.total == 0 && corpus.eventCount == 3_001)
        #expect(corpus.text("page_title", 3_000) == "Für Sie")
    }

    @Test("A later day may show that the feed is UTF-8")
    func encodings() throws {
        try putDay("2024-01-02", Self.hits([1], ["post_pagename": "Für Sie"]))
        try putDay("2024-01-03", Self.hits([2]))
        var (_, corpus, rejects, _) = try read(folder.path)
        #expect(corpus.text("page_title", 0) == "Für Sie" && rejects.total == 0)
        try putDay("2024-01-02", Self.hits([1]))
        try putDay("2024-01-03", Self.hits([2], ["post_pagename": "Für Sie"]))
        (_, corpus, rejects, _) = try read(folder.path)
        #expect(corpus.text("page_title", 1) == "Für Sie" && rejects.total == 0)
    }
}
