import DurableFiles
import EventStream
import Glibc
import Testing

@Suite struct ExportsReaderTests {
    let scratch = ScratchDirectory()

    func failure(_ path: String, _ mapping: ExportMapping) -> ExportError? {
        do throws(ExportError) {
            _ = try readAll(path, mapping)
            return nil
        } catch { return error }
    }

    @Test func mixedLineEndsAndQuotedLineEnds() throws {
        let path = scratch.file("mixed", "u,t,p\r\nv,1,a\nv,2,\"b\r\nB\"\rv,3,\"c\"\"C\"\r\n\r\nv,4,\nv,5,d")
        let rows = try readAll(path, plainMapping())
        #expect(rows.fields == [["a", "b\r\nB", "c\"C", nil, "d"]])
        #expect(rows.times == [1, 2, 3, 4, 5].map { $0 * 1_000_000 } && rows.rejects.total == 0)
    }

    @Test func badRowsAreCountedAndReadingGoesOn() throws {
        let path = scratch.file(
            "bad", "u,t,p\nv,1,a\nv,2\nv,3,b,c\nv,4,\"x\"y\nv,,d\nv,noon,e\nv,-5,e\nv,99999999999,e\n,6,e\nv,7,\"never closed\nv,8,z\n")
        let rows = try readAll(path, plainMapping())
        #expect(rows.fields == [["a", "z"]])
        #expect(
            rows.reasons == [
                .tooFewFields, .tooManyFields, .badQuoting, .missingTime, .badTime, .timeOutOfRange, .timeOutOfRange, .missingIdentity,
                .unclosedQuote,
            ])
        #expect(rows.rejects.first.map(\.line) == [3, 4, 5, 6, 7, 8, 9, 10, 11])
        #expect(rows.rejects.first[0].byteOffset == 12 && rows.rejects.first[4].column == 2)
        #expect(rows.rejects.countsByReason[.timeOutOfRange] == 2 && rows.rejects[.nulByte] == 0)
    }

    @Test func rejectsNeverShowValues() throws {
        let secret = "secret-person-4711"
        let path = scratch.file(
            "secret", "u,t,p\n\(secret),x,\(secret)\n\(secret),1\n\(secret),1,\"\(secret)\"\(secret)\n\(secret),1,\(secret)\0\n")
        let kept = scratch.keep("rejects.csv")
        let sink = try RejectFile(path: kept)
        let rows = try readAll(path, plainMapping(), rejects: RejectCollector(sink: sink))
        try sink.finish()
        #expect(rows.rejects.total == 4)
        for reject in rows.rejects.first { #expect(!reject.description.contains(secret)) }
        let written = try readAll(
            kept,
            {
                var mapping = ExportMapping()
                mapping.visitor = "file"
                mapping.fields =
                    ["line", "byte_offset"].map { .init(name: $0, kind: .numeric) } + [.init(name: "reason", kind: .categorical)]
                return mapping
            }())
        #expect(written.numbers[0] == [2, 3, 4, 5] && written.fields[2] == ["bad_time", "too_few_fields", "bad_quoting", "nul_byte"])
    }

    @Test func aRejectsFileThatIsNotFinishedIsNotThere() throws {
        let path = scratch.keep("gone.csv")
        do {
            let sink = try RejectFile(path: path)
            var rejects = RejectCollector(sink: sink)
            rejects.record(Reject(.badTime, file: "a,\"b", line: 1, byteOffset: 0, hint: ""))
        }
        #expect(try !FileSystem.live.names(in: scratch.path).contains { $0.contains("gone.csv") })
        #expect(throws: ExportError.self) { try RejectFile(path: scratch.path + "/none/rejects.csv") }
    }

    @Test func aHundredMegabytesInOneLineAreSkipped() throws {
        var bytes = Array("u,t,p\nv,1,a\nv,2,".utf8)
        bytes += [UInt8](repeating: UInt8(ascii: "x"), count: 100 << 20)
        bytes += Array("\r\nv,3,b\n".utf8)
        let rows = try readAll(scratch.file("long", bytes), plainMapping())
        #expect(rows.fields == [["a", "b"]] && rows.reasons == [.lineTooLong])
        #expect(rows.rejects.first[0].line == 3 && rows.rejects.first[0].byteOffset == 12)
    }

    @Test func aRunawayQuoteCostsOneRow() throws {
        var limits = ExportLimits()
        limits.maximumRowBytes = 1 << 20
        let path = scratch.file("runaway", "u,t,p\nv,0,\"open\n" + (1...200_000).map { "v,\($0),a\n" }.joined())
        let rows = try readAll(path, plainMapping { ($0.quote, $0.delimiter, $0.header) = ("\"", ",", true) }, limits)
        #expect(rows.count == 200_000 && rows.reasons == [.unclosedQuote])
    }

    @Test func limitsHoldForShortRowsToo() throws {
        var limits = ExportLimits()
        limits.maximumRowBytes = 20
        let rows = try readAll(scratch.file("limit", "u,t,p\nv,1,aaaaaaaaaaaaaaaaaaaaaa\nv,2,b\n"), plainMapping(), limits)
        #expect(rows.fields == [["b"]] && rows.reasons == [.lineTooLong])
    }

    @Test func duplicateColumnsAreNamed() {
        let error = failure(scratch.file("twice", "u,t,p,p\nv,1,a,b\n"), plainMapping())
        #expect(error?.kind == .badData && error?.reason.contains("`p` (3 and 4)") == true)
    }

    @Test func tenThousandColumns() throws {
        let names = (0..<10_000).map { "c\($0)" }
        let text =
            (["u,t"] + names).joined(separator: ",") + "\n"
            + (0..<20).map { "v,\($0)," + names.map { _ in "7" }.joined(separator: ",") + "\n" }.joined()
        let rows = try readAll(
            scratch.file("wide", text), plainMapping { $0.fields = [.init(name: "last", column: "c9999", kind: .numeric)] })
        #expect(rows.numbers == [Array(repeating: 7, count: 20)] && rows.rejects.total == 0)
    }

    @Test func aWrongDelimiterNamesTheColumns() {
        let error = failure(scratch.file("wrong", "u;t;p\nv;1;a\n"), plainMapping { $0.delimiter = "," })
        #expect(error?.kind == .badMapping && error?.remedy.contains("delimiter") == true && error?.reason.contains("`u`") == true)

        // Without a header the first row is somebody's: no message may repeat it.
        for text in ["person0,1750000000,p\nperson1,1750000001,p\n", "person0,person0,p\n"] {
            let headless = failure(scratch.file("headless", text), plainMapping { $0.delimiter = "," })
            #expect(headless != nil && headless.map { "\($0)".contains("person0") } == false)
        }
    }

    @Test func dialectsAreFound() throws {
        let cases: [(String, String, (String, String, Bool))] = [
            ("comma", "u,t,p\nv,1,\"a;b;c\"\nw,2,\"d;e;f\"\n", (",", "\"", true)),
            ("semicolon", "u;t;p\nv;1;1,5\nw;2;2,5\n", (";", "\"", true)),
            ("tab", "u\tt\tp\nv\t1\tsay \"a, b\"\nw\t2\t\"half\n", ("\t", "", true)),
            ("pipe", "u|t|p\nv|1|a,b\nw|2|b\n", ("|", "\"", true)),
            ("single", "u,t,p\nv,1,'a,b'\nw,2,'c'\nx,3,'d,e,f'\n", (",", "'", true)),
        ]
        for (name, text, expected) in cases {
            let rows = try readAll(scratch.file(name, text), plainMapping())
            #expect(
                rows.mapping.delimiter == expected.0 && rows.mapping.quote == expected.1 && rows.mapping.header == expected.2, "\(name)")
            #expect(rows.rejects.total == 0 && rows.count >= 2, "\(name)")
        }
        let escaped = try readAll(scratch.file("escaped", "u,t,p\nv,1,\"a\\\"b,c\"\nw,2,\"d\"\n"), plainMapping())
        #expect(escaped.fields == [["a\"b,c", "d"]] && escaped.mapping.escape == "\\")
        let tie = failure(scratch.file("tie", "a,b;c\nd,e;f\n"), plainMapping())
        #expect(tie?.kind == .ambiguous)
    }

    @Test func withoutHeader() throws {
        let path = scratch.file("bare", "v,1,a\nw,2,b\n")
        let named = try readAll(path, plainMapping { $0.columns = ["u", "t", "p"] })
        #expect(named.fields == [["a", "b"]] && named.mapping.header == false)
        let numbered = try readAll(
            path,
            plainMapping { mapping in
                (mapping.visitor, mapping.time) = ("column1", .init(column: "column2", unit: .seconds))
                mapping.fields = [.init(name: "p", column: "column3", kind: .categorical)]
            })
        #expect(numbered.fields == [["a", "b"]])
        let short = try readAll(path, plainMapping { ($0.columns, $0.header) = (["u", "t", "p", "q"], false) })
        #expect(short.rejects[.tooFewFields] == 2)
    }

    @Test func numbersMissingWordsAndOrders() throws {
        let path = scratch.file("numbers", "u,s,o,n\nv,s1,3,1.5\nv,,2,\n,s2,1,NULL\nv,s1,x,1\nv,s1,0,\"1,5\"\nv,s1,0,nan\nv,s1,-1, -2e3 \n")
        var mapping = ExportMapping()
        (mapping.visitor, mapping.session, mapping.order, mapping.missing) = ("u", "s", ["o"], ["", "NULL"])
        mapping.fields = [.init(name: "n", kind: .numeric), .init(name: "y", column: "n", kind: .outcome)]
        let rows = try readAll(path, mapping)
        #expect(rows.numbers[0].map { $0.isNaN ? -1 : $0 } == [1.5, -1, -1, -2000])
        #expect(rows.fields[1] == ["1.5", nil, nil, " -2e3 "])
        #expect(rows.sessions == ["s1", nil, "s2", "s1"] && rows.visitors == ["v", "v", "s2", "v"])
        #expect(rows.orders == [[3, 2, 1, -1]] && rows.times.allSatisfy { $0 == .min })
        #expect(rows.reasons == [.badOrder, .badNumber, .badNumber])
    }

    @Test func jsonLines() throws {
        let path = scratch.file(
            "lines.csv",
            #"""
            {"u":"v","t":1,"p":"a\n\u00e9","d":{"c":"mobile"},"n":"2.5","x":[1,{"y":2}],"a.b":"flat"}
            {"u":5,"t":"2","p":null,"d":{},"n":7,"x":{"z":[]},"a":{"b":"deep"}}

            {"u":"v","t":3
            {"u":"v","t":4} {"u":"v"}
            [1,2]
            {"u":"v","t":5,"p":true,"n":{"no":1}}
            {"u":18446744073709551615,"t":6.25,"p":1.10,"n":1e400}
            {"u":18446744073709551615,"t":6.25,"p":1.10}
            """# + "\n{\"u\":\"v\",\"t\":7,\"p\":\"\u{0}\"}\n" + "{\"u\":\"v\",\"t\":8,\"p\":" + String(repeating: "[", count: 100)
                + String(repeating: "]", count: 100) + "}")
        let rows = try readAll(
            path,
            plainMapping {
                $0.fields =
                    [
                        .init(name: "p", kind: .text), .init(name: "device", column: "d.c", kind: .categorical),
                        .init(name: "n", kind: .numeric),
                    ]
                    + [
                        .init(name: "x", kind: .text), .init(name: "ab", column: "a.b", kind: .text),
                        .init(name: "first", column: "x.1.y", kind: .text),
                    ]
            })
        #expect(rows.mapping.format == .jsonl)
        #expect(rows.visitors == ["v", "5", "18446744073709551615"] && rows.times == [1_000_000, 2_000_000, 6_250_000])
        #expect(rows.fields[0] == ["a\né", nil, "1.1"] && rows.fields[1] == ["mobile", nil, nil])
        #expect(rows.numbers[2].prefix(2) == [2.5, 7] && rows.numbers[2][2].isNaN)
        #expect(
            rows.fields[3] == [#"[1,{"y":2}]"#, #"{"z":[]}"#, nil] && rows.fields[4] == ["flat", "deep", nil]
                && rows.fields[5] == ["2", nil, nil])
        #expect(rows.rejects.countsByReason == [.badJSON: 5, .badNumber: 1, .nestedTooDeep: 1], "\(rows.rejects.first)")
        #expect(rows.rejects.first.map(\.line) == [4, 5, 6, 7, 8, 10, 11])
        #expect(failure(scratch.file("array", "[{\"u\":1}]"), plainMapping())?.reason.contains("array") == true)
    }

    @Test func itemSequencesAndPairs() throws {
        let sequences = try readAll(scratch.file("s", "1 2 3\r\n\n7\n4 5\n"), ExportMapping())
        #expect(sequences.mapping.format == .items && !sequences.hasPairs && sequences.mapping.fields.map(\.name) == ["item"])
        #expect(sequences.sessions == ["1", "1", "1", "3", "4", "4"] && sequences.fields == [["1", "2", "3", "7", "4", "5"]])
        #expect(sequences.visitors.allSatisfy { $0 == nil } && sequences.times.allSatisfy { $0 == .min })
        var items = ExportMapping()
        items.format = .items
        let pairs = try readAll(scratch.file("p", "1 2\t3\n4\t5\n6 7\n8\t\n9\t1\t2\n1\t2 3\n\t4\n 8  9 \t 1 \n"), items, fileNumber: 2)
        #expect(pairs.hasPairs && pairs.fields == [["1", "2", "3", "4", "5", "8", "9", "1"]] && pairs.sessions.first == "2:1")
        #expect(pairs.reasons == [.badPair, .emptyItem, .badPair, .badPair, .emptyItem])
        var mapping = ExportMapping()
        mapping.format = .items
        mapping.fields = [.init(name: "product", kind: .categorical, separator: ",")]
        let named = try readAll(scratch.file("n", "red shoe,hat\nsock,,hat\n,a\nlast\n"), mapping)
        #expect(named.fields == [["red shoe", "hat", "last"]] && named.reasons == [.emptyItem, .emptyItem])
    }

    @Test func batchesAreBoundedAndLoseNothing() throws {
        var limits = ExportLimits()
        limits.batchRows = 7
        let path = scratch.file("batches", "u,t,p\n" + (1...100).map { $0 % 3 == 0 ? "v\n" : "v,\($0),a\n" }.joined())
        var source = try ExportReaders.open(path, mapping: plainMapping(), limits: limits)
        var batch = source.mapping.emptyBatch()
        var rejects = RejectCollector()
        var total = 0
        while try source.read(into: &batch, rejects: &rejects) {
            #expect(batch.count <= 7 && batch.visitor.count == batch.count && batch.timeMicroseconds.count == batch.count)
            total += batch.count
            batch.removeAll()
        }
        #expect(total == 67 && rejects.total == 33)
        #expect(source.progress.bytesRead == source.progress.bytesTotal)
    }
}
