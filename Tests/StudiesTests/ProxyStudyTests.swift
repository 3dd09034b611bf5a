import Evaluation
import Foundation
import Recommendation
import SequenceEmbedding
import SequenceKernel
import Studies
import Testing

/// A banned field that hides in another is found, and one that does not is not.
@Suite struct ProxyStudyTests {
    /// 300 people of two sessions: `shop` tells the banned field nine times in ten, `noise` tells nothing.
    private static func table(leak: Float, seed: UInt64) -> (table: MemoryTable, values: [String?], groups: [UInt64]) {
        var random = RandomSource(seed, 0x9807)
        var (sessions, values, groups) = ([[MemoryTable.Event]](), [String?](), [UInt64]())
        for person in 0..<300 {
            let value = random.below(2)
            for _ in 0..<2 {
                let told = random.uniform() < leak ? value : random.below(2)
                sessions.append(
                    (0..<3).map { place in
                        MemoryTable.Event(
                            strings: ["shop": "shop \(told)", "noise": "n\(random.below(9))", "sex": "s\(value)"],
                            timeMicroseconds: Int64(place) * 1_000_000)
                    })
                values.append("s\(value)")
                groups.append(UInt64(person))
            }
        }
        let fields = ["shop", "noise", "sex"].map { TableField(name: $0, kind: .categorical) }
        return (MemoryTable(fields: fields, sessions: sessions, visitors: groups.map { Int($0) }), values, groups)
    }

    private func study(leak: Float, without: Set<String> = ["sex"]) throws -> ProxyStudy {
        let (table, values, groups) = Self.table(leak: leak, seed: 5)
        return try ProxyStudy(
            banned: "sex", source: "counts", features: ProxyFeatures(counts: table, leavingOut: without),
            target: ProxyTarget(values, groups: groups), groups: groups)
    }

    @Test func aProxyIsFound() throws {
        let study = try study(leak: 0.9)
        #expect(study.verdict == .strong && study.probes.count == 2 && study.people == 300 && study.rows == 600)
        // A guess that is right in 95 of 100 sessions has an AUC of 0.95; less what is learnt from few people.
        #expect(study.probes.allSatisfy { $0.auc.estimate > 0.9 && $0.auc.estimate < 0.99 && $0.auc.lower < $0.auc.estimate })
        #expect(study.chance.highestAUC < 0.65 && abs(study.chance.meanAUC - 0.5) < 0.05)
        #expect(study.sentence.hasPrefix("strongly predictable: counts tell sex") && ProxyStudy.meaning.contains("1002.4"))
    }

    @Test func noiseIsNone() throws {
        let study = try study(leak: 0.9, without: ["sex", "shop"])
        #expect(study.verdict == .notShown && study.sentence.hasPrefix("not shown"))
        #expect(study.probes.allSatisfy { $0.auc.lower < 0.5 && $0.auc.upper > 0.48 })
    }

    @Test func aFaintTraceIsWeak() throws {
        // Right in 67.5 of 100 sessions.
        let study = try study(leak: 0.35)
        #expect(study.verdict == .weak, "\(study.sentence)")
    }

    @Test func theFieldItselfTellsAll() throws {
        let study = try study(leak: 0, without: [])
        #expect(study.verdict == .strong && study.probes[0].auc.estimate > 0.999)
    }

    @Test func targetsPoolWhatIsRare() throws {
        let groups = (0..<100).map { UInt64($0) }
        let values = (0..<100).map { row -> String? in row < 40 ? "a" : row < 70 ? "b" : row < 95 ? "rare \(row)" : nil }
        let target = try ProxyTarget(values, groups: groups)
        #expect(target.names == ["a", "b", "(all others)"] && target.rows.count == 95 && target.leftOut == 5)
        let few = try ProxyTarget(
            values.map { $0?.hasPrefix("rare 9") == true ? nil : $0 }.map { $0?.hasPrefix("rare 8") == true ? nil : $0 }, groups: groups)
        #expect(few.names == ["a", "b"] && few.leftOut == 30, "ten rare ones are too few to be told")
        let numbers = try ProxyTarget((0..<100).map { "\($0)" }, groups: groups)
        #expect(Set(numbers.names) == ["below the median", "the median or above"])
        #expect(throws: StudyError.self) { try ProxyTarget(values.map { _ in "a" }, groups: groups) }
        #expect(throws: StudyError.self, "twenty sessions of one person") {
            try ProxyTarget(values, groups: groups.map { $0 % 3 })
        }
    }

    @Test func tooFewPeopleAreRefused() throws {
        let groups = (0..<45).map { UInt64($0) }
        let target = try ProxyTarget((0..<45).map { "\($0 % 2)" }, groups: groups)
        #expect(throws: StudyError.self) {
            try ProxyStudy(
                banned: "x", source: "y", features: ProxyFeatures(embeddings: [Float](repeating: 0, count: 45), columns: 1), target: target,
                groups: groups)
        }
    }

    @Test func columnsOfATable() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "proxy-\(UInt64.random(in: .min ... .max)).csv")
        defer { try? FileManager.default.removeItem(at: file) }
        var random = RandomSource(8, 0x9808)
        let rows = (0..<200).map { row -> String in
            let sex = random.below(2)
            return "c\(row),\(sex == 0 ? "f" : "m"),\(150 + 20 * sex + random.below(20)),\(random.below(50))"
        }
        try Data(("id,sex,height,noise\n" + rows.joined(separator: "\n") + "\n").utf8).write(to: file)
        let table = try AttributeTable(file.path, id: "id")
        let (values, groups) = try ProxyTarget.values("sex", of: table)
        func study(_ without: Set<String>) throws -> ProxyStudy {
            try ProxyStudy(
                banned: "sex", source: "the rest", features: ProxyFeatures(table, leavingOut: without),
                target: ProxyTarget(values, groups: groups), groups: groups)
        }
        #expect(try study(["sex"]).verdict == .strong)
        #expect(try study(["sex", "height"]).verdict == .notShown)
        #expect(throws: StudyError.self) { try study(["sex", "height", "noise"]) }
        #expect(throws: StudyError.self) { _ = try ProxyTarget.values("age", of: table) }
    }
}
