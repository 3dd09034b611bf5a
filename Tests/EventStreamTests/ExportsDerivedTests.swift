import EventStream
import FoundationEssentials
import Testing

/// Fields that hold in certain rows only, and fields looked up in lists of their row.
@Suite struct ExportsDerivedTests {
    typealias Field = ExportMapping.Field
    typealias Give = ExportMapping.Listed.Give
    let scratch = ScratchDirectory()

    static func listed(_ give: Give, when: ExportMapping.Condition? = nil, separator: String = "|") -> Field {
        Field(
            name: give.rawValue, column: "ref", kind: .numeric, when: when,
            listed: .init(in: "shown", values: give.needsValues ? "prices" : nil, separator: separator, give: give))
    }

    /// Visitor `u`, no time, and these fields.
    static func mapping(_ fields: [Field], _ format: ExportMapping.Format = .csv) -> ExportMapping {
        plainMapping {
            $0.format = format
            $0.time = nil
            $0.fields = fields
            if format == .csv { ($0.delimiter, $0.quote, $0.header) = (",", "\"", true) }
        }
    }

    /// What every `give` says of one row of text.
    func figures(_ ref: String, _ shown: String, _ prices: String, _ change: (inout ExportMapping) -> Void = { _ in }) throws -> [Double] {
        var mapping = Self.mapping(Give.allCases.map { Self.listed($0) })
        change(&mapping)
        let rows = try readAll(scratch.file("row.csv", "u,ref,shown,prices\nv,\"\(ref)\",\"\(shown)\",\"\(prices)\"\n"), mapping)
        #expect(rows.count == 1 && rows.rejects.total == 0)
        return rows.numbers.map { $0[0] }
    }

    /// Equal, and missing where expected to be.
    func same(_ found: [Double], _ expected: [Double?]) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { $1 == nil ? $0.isNaN : $0 == $1 }
    }

    @Test("position, length, value, rank and ratio of a value in its lists")
    func everyFigure() throws {
        #expect(same(try figures("b", "a|b|c|d", "10|30|20|40"), [1, 4, 30, 2.0 / 3, 1.2]))
        #expect(same(try figures("c", "a|b|c", "5|1|2.5"), [2, 3, 2.5, 0.5, 1]))
        #expect(same(try figures("a", "a", "7"), [0, 1, 7, 0, 1]), "one entry has nobody to rank beside")
        #expect(same(try figures("b", "a|b|b", "3|2|1"), [1, 3, 2, 0.5, 1]), "the first that is equal counts")
        #expect(same(try figures("a", "a|b|c", "4|4|4"), [0, 3, 4, 0, 1]), "equal prices are not smaller")
        #expect(same(try figures("a", "a|b", "-1|1"), [0, 2, -1, 0, nil]), "a median of 0 divides nothing")
        #expect(same(try figures("b", "a|b", " 1 | 3 "), [1, 2, 3, 1, 1.5]), "numbers may have blanks around them")
        #expect(same(try figures("a", "a|b", "1e308|1e308"), [0, 2, 1e308, 0, 1]), "large numbers have a mean, too")
        #expect(same(try figures("a", "a|b", "1e308|1e-308"), [0, 2, 1e308, 1, 2]))
        #expect(same(try figures("b", "a|b|c", "1e-300|1e300|1e-300"), [1, 3, 1e300, 1, nil]), "no number is infinite")
    }

    @Test("Missing, and no reject: a value not listed, lists of different lengths, numbers that cannot be read")
    func whatIsMissing() throws {
        let nothing: [Double?] = [nil, nil, nil, nil, nil]
        #expect(same(try figures("x", "a|b", "1|2"), nothing))
        #expect(same(try figures("", "a|b", "1|2"), nothing))
        #expect(same(try figures("a", "", ""), nothing))
        #expect(same(try figures("a", "aa|ba| a", "1|2|3"), nothing), "entries are compared whole")
        #expect(same(try figures("a", "a|b", "1"), [0, 2, nil, nil, nil]))
        #expect(same(try figures("a", "a|b", "1|2|3"), [0, 2, nil, nil, nil]))
        #expect(same(try figures("a", "a|b", ""), [0, 2, nil, nil, nil]))
        #expect(same(try figures("a", "a|b", "1|2|"), [0, 2, nil, nil, nil]), "behind the last separator stands an empty entry")
        #expect(same(try figures("a", "a|b", "1|?"), [0, 2, 1, nil, nil]), "the value needs its own number only")
        #expect(same(try figures("b", "a|b", "1|"), [1, 2, nil, nil, nil]))
        #expect(same(try figures("a", "a|b", "nan|1"), [0, 2, nil, nil, nil]))
        #expect(same(try figures("a", "a|b", "-1|1") { $0.missing = ["", "-1"] }, [0, 2, nil, nil, nil]), "texts that stand for no value")
        #expect(same(try figures("a", "a|b", "1|2") { $0.missing = ["", "a"] }, nothing))
    }

    @Test("Where an empty text is a value it is looked for like any other")
    func emptyTexts() throws {
        let keepsEmpty = { (mapping: inout ExportMapping) in mapping.missing = [] }
        #expect(same(try figures("", "a||b", "1|2|3", keepsEmpty), [1, 3, 2, 0.5, 1]))
        #expect(same(try figures("", "", "", keepsEmpty), [nil, nil, nil, nil, nil]), "an empty text lists nothing")
    }

    @Test func separatorsAndQuotes() throws {
        let fields = Give.allCases.map { Self.listed($0, separator: ";") }
        let text = "u,ref,shown,prices\nv,\"x \"\"y\"\"\",\"a|b;x \"\"y\"\"\",3;1\n"
        let rows = try readAll(scratch.file("separator.csv", text), Self.mapping(fields))
        #expect(same(rows.numbers.map { $0[0] }, [1, 2, 1, 0, 0.5]))
    }

    @Test("A field restricted to certain rows is missing in all others, whatever its kind")
    func conditions() throws {
        let click = ExportMapping.Condition(column: "action", is: ["click", "long look"])
        let fields: [Field] = [
            .init(name: "item", column: "ref", kind: .categorical, when: click),
            .init(name: "words", column: "ref", kind: .text, when: .init(column: "action", is: ["search"])),
            .init(name: "number", column: "ref", kind: .numeric, when: .init(column: "action", is: ["count"])),
            .init(name: "later", column: "ref", kind: .outcome, when: .init(column: "action", is: [""])),
            .init(name: "own", column: "ref", kind: .url, when: .init(column: "ref", is: ["7"])),
            Self.listed(.position, when: click),
            .init(name: "always", column: "ref", kind: .categorical),
        ]
        let rows = try readAll(
            scratch.file(
                "when.csv",
                """
                u,action,ref,shown
                v,click,a,b|a
                v,search,a b,a b
                v,count,7,7|8
                v,,x,x
                v,Click,a,a
                v,long look,7,8|9|7
                v,long look ,a,a
                v,clic,a,a
                v,click,,a

                """), Self.mapping(fields))
        #expect(rows.rejects.total == 0)
        #expect(rows.fields[0] == ["a", nil, nil, nil, nil, "7", nil, nil, nil])
        #expect(rows.fields[1] == [nil, "a b", nil, nil, nil, nil, nil, nil, nil])
        #expect(same(rows.numbers[2], [nil, nil, 7, nil, nil, nil, nil, nil, nil]), "no other row is refused for its number")
        #expect(rows.fields[3] == [nil, nil, nil, "x", nil, nil, nil, nil, nil])
        #expect(rows.fields[4] == [nil, nil, "7", nil, nil, "7", nil, nil, nil])
        #expect(same(rows.numbers[5], [1, nil, nil, nil, nil, 2, nil, nil, nil]))
        #expect(rows.fields[6] == ["a", "a b", "7", "x", "a", "7", "a", "a", nil])
    }

    @Test("A row that a condition admits is still refused for its number")
    func rejectsWithinTheCondition() throws {
        let field = Field(name: "n", column: "ref", kind: .numeric, when: .init(column: "action", is: ["count"]))
        let rows = try readAll(scratch.file("bad.csv", "u,action,ref\nv,count,x\nv,look,x\nv,count,1\n"), Self.mapping([field]))
        #expect(rows.reasons == [.badNumber] && rows.rejects.first.first?.column == 3)
        #expect(same(rows.numbers[0], [nil, 1]))
    }

    @Test func columnsThatAreNotThereAreNamed() throws {
        let path = scratch.file("absent.csv", "u,ref,shown\nv,a,a\n")
        for (field, column) in [
            (Self.listed(.rank), "prices"), (Field(name: "f", column: "ref", kind: .text, when: .init(column: "act", is: ["a"])), "act"),
        ] {
            let error = #expect(throws: ExportError.self) { try readAll(path, Self.mapping([field])) }
            #expect(error?.description.contains(column) == true)
        }
    }

    @Test("JSON Lines: lists are arrays or delimited texts, and a listed column can be kept besides")
    func jsonLines() throws {
        var fields = Give.allCases.map { Self.listed($0) }
        fields.append(.init(name: "kept", column: "shown", kind: .text))
        fields.append(.init(name: "deep", column: "ref", kind: .numeric, listed: .init(in: "page.tiles", give: .position)))
        fields.append(.init(name: "item", column: "ref", kind: .categorical, when: .init(column: "act", is: ["click"])))
        // A line, the five figures, what is kept of the list, the place in the deeper list, and the item.
        let cases: [(String, [Double?], String?, Double?, String?)] = [
            (#""ref":"b","shown":["a","b|c","b"],"prices":[3,1,2],"act":"click""#, [2, 3, 2, 0.5, 1], #"["a","b|c","b"]"#, nil, "b"),
            (#""ref":8400372,"shown":[7,8400372],"prices":["10",30.5]"#, [1, 2, 30.5, 1, 30.5 / 20.25], "[7,8400372]", nil, nil),
            (#""ref":"b","shown":"a|b","prices":[1,3]"#, [1, 2, 3, 1, 1.5], "a|b", nil, nil),
            (#""ref":"a|b","shown":["a|b"],"prices":"4""#, [0, 1, 4, 0, 1], #"["a|b"]"#, nil, nil),
            (#""ref":"é\"","shown":["\u00e9\""],"prices":[null]"#, [0, 1, nil, nil, nil], "[\"é\\\"\"]", nil, nil),
            (#""ref":"a","shown":["a",null],"prices":[1,null]"#, [0, 2, 1, nil, nil], #"["a",null]"#, nil, nil),
            (#""ref":"a","shown":[],"prices":[]"#, [nil, nil, nil, nil, nil], "[]", nil, nil),
            (#""ref":"[1]","shown":[[1],{"k":[]}],"prices":[1]"#, [0, 2, nil, nil, nil], #"[[1],{"k":[]}]"#, nil, nil),
            (#""ref":"true","shown":[false,true],"prices":null"#, [1, 2, nil, nil, nil], "[false,true]", nil, nil),
            (#""ref":"a","page":{"tiles":["b","a"]},"act":["click"]"#, [nil, nil, nil, nil, nil], nil, 1, nil),
            (#""ref":null,"shown":["a"],"act":null"#, [nil, nil, nil, nil, nil], #"["a"]"#, nil, nil),
        ]
        let text = cases.map { "{\"u\":\"v\",\($0.0)}\n" }.joined()
        let rows = try readAll(scratch.file("lists.jsonl", text), Self.mapping(fields, .jsonl))
        #expect(rows.count == cases.count && rows.rejects.total == 0)
        for (index, (line, figures, kept, deep, item)) in cases.enumerated() {
            #expect(same((0..<5).map { rows.numbers[$0][index] }, figures), "\(line)")
            #expect(rows.fields[5][index] == kept, "\(line)")
            #expect(same([rows.numbers[6][index]], [deep]), "\(line)")
            #expect(rows.fields[7][index] == item, "\(line)")
        }
    }

    @Test("Lists of any length agree with an obvious reading", arguments: [UInt64(1), 2, 3])
    func listsOfAnyLength(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var text = "u,ref,shown,prices\n"
        var expected: [[Double?]] = []
        for _ in 0..<200 {
            let count = Int.random(in: 1...150, using: &random)
            let ids = (0..<count).map { _ in Int.random(in: 0..<200, using: &random) }
            // Few distinct ones, so that many are equal; quarters are exact.
            let prices = (0..<count).map { _ in Double(Int.random(in: -20..<60, using: &random)) / 4 }
            let own = Int.random(in: 0..<200, using: &random)
            text += "v,\(own),\(ids.map(String.init).joined(separator: "|")),\(prices.map { "\($0)" }.joined(separator: "|"))\n"
            guard let place = ids.firstIndex(of: own) else {
                expected.append([nil, nil, nil, nil, nil])
                continue
            }
            let sorted = prices.sorted()
            let median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
            let smaller = Double(prices.count { $0 < prices[place] })
            expected.append([
                Double(place), Double(count), prices[place], count == 1 ? 0 : smaller / Double(count - 1),
                median == 0 ? nil : prices[place] / median,
            ])
        }
        let rows = try readAll(scratch.file("random\(seed).csv", text), Self.mapping(Give.allCases.map { Self.listed($0) }))
        #expect(expected.contains { $0[0] != nil } && rows.count == expected.count)
        for index in expected.indices {
            #expect(same((0..<5).map { rows.numbers[$0][index] }, expected[index]), "seed \(seed), row \(index)")
        }
    }

    func fault(_ change: (inout ExportMapping) -> Void) -> String? {
        var mapping = Self.mapping([Self.listed(.rank, when: .init(column: "action", is: ["click"]))])
        change(&mapping)
        do throws(ExportError) {
            try mapping.validate()
            return nil
        } catch {
            #expect(error.kind == .badMapping && error.place == "mapping, `fields: rank`" && !error.remedy.isEmpty)
            return error.reason
        }
    }

    @Test func contradictionsAreNamed() throws {
        #expect(fault { _ in } == nil)
        #expect(fault { ($0.fields[0].kind, $0.fields[0].outcome) = (.outcome, .numeric) } == nil)
        #expect(fault { $0.fields[0].kind = .outcome } == "`listed` gives a number")
        #expect(fault { $0.fields[0].kind = .categorical } == "`listed` gives a number")
        #expect(fault { $0.fields[0].when?.texts = [] } == "`is` is empty, so no row would have the field")
        #expect(fault { $0.fields[0].when?.texts = [""] } == nil)
        #expect(fault { $0.fields[0].when?.column = "" } == "`when` names no column")
        for give in [Give.value, .rank, .ratio] {
            let reason = fault { $0.fields[0].listed = .init(in: "shown", give: give) }
            #expect(reason == "`give: \(give.rawValue)` needs the numbers of a second list")
        }
        for give in [Give.position, .length] {
            #expect(fault { $0.fields[0].listed?.give = give } == "`give: \(give.rawValue)` does not look at `values`")
            #expect(fault { $0.fields[0].listed = .init(in: "shown", give: give) } == nil)
        }
        #expect(fault { $0.fields[0].listed?.list = "" } == "`listed` names a column without a name")
        #expect(fault { $0.fields[0].listed?.values = "" } == "`listed` names a column without a name")
        for separator in ["", "||", "é", "\n", "\r", "\0"] {
            let reason = fault { $0.fields[0].listed?.separator = separator }
            #expect(reason == "the separator of `listed` must be one ASCII character other than a line end")
        }
        #expect(fault { $0.fields[0].listed?.separator = "\t" } == nil)
        #expect(fault { ($0.format, $0.fields[0].separator) = (.auto, ";") } == "`separator` stands beside `listed`")
        let items = "an item sequence has no columns for `when` and `listed`"
        for field in [Field(name: "rank", kind: .categorical, when: .init(column: "a", is: ["b"])), Self.listed(.rank)] {
            var field = field
            (field.kind, field.column) = (.categorical, "rank")
            #expect(fault { ($0.format, $0.visitor, $0.fields) = (.items, nil, [field]) } == items)
        }
    }

    @Test("A file that turns out to hold item sequences is not read with such fields")
    func itemsFoundByLooking() {
        let field = Field(name: "item", kind: .categorical, when: .init(column: "a", is: ["b"]))
        var mapping = ExportMapping()
        mapping.fields = [field]
        let error = #expect(throws: ExportError.self) { try readAll(scratch.file("items.txt", "1 2 3\n4 5\n"), mapping) }
        #expect(error?.kind == .badMapping && error?.reason.contains("item sequence") == true)
    }

    @Test func whatIsWrittenIsReadBack() throws {
        var fields = Give.allCases.map { Self.listed($0) }
        fields.append(.init(name: "item", column: "ref", kind: .categorical, when: .init(column: "action", is: ["a", "b"])))
        fields.append(.init(name: "plain", kind: .text, separator: "|"))
        fields[1] = Self.listed(.length, when: .init(column: "ref", is: [""]), separator: ";")
        let mapping = Self.mapping(fields)
        let json = try JSONEncoder().encode(mapping)
        #expect(try JSONDecoder().decode(ExportMapping.self, from: json) == mapping)
    }

    @Test func entriesAreReadWithTheirDefaultsAndUnknownOnesRefused() throws {
        func field(_ text: String) throws -> Field { try JSONDecoder().decode(Field.self, from: Data(text.utf8)) }
        #expect(
            try field(#"{"name":"p","column":"r","kind":"numeric","listed":{"in":"l","give":"position"}}"#)
                == Field(name: "p", column: "r", kind: .numeric, listed: .init(in: "l", separator: "|", give: .position)))
        #expect(
            try field(#"{"name":"p","kind":"url","when":{"column":"c","is":["a b"]}}"#)
                == Field(name: "p", kind: .url, when: .init(column: "c", is: ["a b"])))
        for (entry, text) in [
            ("unknown entry of", #"{"name":"p","kind":"numeric","listed":{"in":"l","of":"l","give":"position"}}"#),
            ("unknown entry not", #"{"name":"p","kind":"numeric","when":{"column":"c","is":["a"],"not":["b"]}}"#),
        ] {
            let error = #expect(throws: DecodingError.self) { try field(text) }
            #expect("\(error as Any)".contains(entry))
        }
        for text in [
            #"{"name":"p","kind":"numeric","listed":{"in":"l","give":"place"}}"#, #"{"name":"p","kind":"numeric","listed":{"in":"l"}}"#,
            #"{"name":"p","kind":"numeric","listed":{"give":"position"}}"#, #"{"name":"p","kind":"numeric","when":{"column":"c"}}"#,
        ] {
            #expect(throws: DecodingError.self) { try field(text) }
        }
    }
}
