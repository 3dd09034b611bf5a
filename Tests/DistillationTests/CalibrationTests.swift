import Foundation
import IntentTaxonomy
import SequenceKernel
import Testing

@Suite struct CalibrationTests {
    /// Logits that are twice too sure and shifted: the fit finds a half and the shift.
    @Test func temperatureIsFound() throws {
        var random = RandomSource(1, 7)
        var (logits, present): ([Double], [Bool]) = ([], [])
        for _ in 0..<20_000 {
            let truth = 3 * (2 * Double(random.uniform()) - 1)
            logits.append(2 * truth + 1)
            present.append(Double(random.uniform()) < 1 / (1 + exp(-truth)))
        }
        guard case .temperature(let scale, let bias) = IntentCalibration.fit(.temperature, logits: logits, present: present) else {
            Issue.record("no temperature")
            return
        }
        // The standard error of a slope from 20,000 sessions is about 0.008.
        #expect(abs(scale - 0.5) < 0.03 && abs(bias + 0.5) < 0.06)
    }

    @Test func isotonicRises() {
        let logits: [Double] = [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        let present = [false, false, true, false, false, true, false, true, true, true, true, true]
        let fitted = IntentCalibration.fit(.isotonic, logits: logits, present: present)
        var last = 0.0
        for step in -50...100 {
            let p = fitted.probability(Double(step) / 10)
            #expect(p >= last && p > 0 && p < 1)
            last = p
        }
        // One in three below -1 … 1, then one in two: pools by hand.
        #expect(abs(fitted.probability(0) - 1.0 / 3) < 1e-9)
        #expect(abs(fitted.probability(2.5) - 0.5) < 1e-9)
    }

    @Test func fewExamplesChangeNothing() {
        #expect(IntentCalibration.fit(.best, logits: [1, 2, 3], present: [true, false, true]) == .none)
    }

    @Test func bestIsTheOneThatHoldsOut() {
        var random = RandomSource(5, 5)
        // A step that no sigmoid has: isotonic wins with many sessions.
        let logits = (0..<4000).map { _ in 4 * Double(random.uniform()) - 2 }
        let present = logits.map { Double(random.uniform()) < ($0 < 0 ? 0.1 : $0 < 1 ? 0.9 : 0.2) || ($0 > 1 && random.uniform() < 0.9) }
        #expect(IntentCalibration.fit(.best, logits: logits, present: present).name == "isotonic")
        // Few sessions along a sigmoid: two numbers beat a staircase.
        let plain = (0..<120).map { _ in 6 * Double(random.uniform()) - 3 }
        let shown = plain.map { Double(random.uniform()) < 1 / (1 + exp(-$0)) }
        #expect(IntentCalibration.fit(.best, logits: plain, present: shown).name != "isotonic")
    }

    @Test func calibrationsAreKeptAsTheyAre() throws {
        for calibration: IntentCalibration in [
            .none, .temperature(scale: 0.7, bias: -0.25), .isotonic(logits: [-1, 0.5], probabilities: [0.1, 0.9]),
        ] {
            #expect(try JSONDecoder().decode(IntentCalibration.self, from: JSONEncoder().encode(calibration)) == calibration)
        }
        for bad in [#"{"kind":"isotonic","logits":[1,0],"probabilities":[0.1,0.2]}"#, #"{"kind":"magic"}"#] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(IntentCalibration.self, from: Data(bad.utf8)) }
        }
    }

    @Test func thresholdsMeetTheirAim() {
        let probabilities = [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]
        let present = [true, true, false, true, false, false, true, false]
        // F1 by hand: the first four (3 hits of 4, 4 positives) give 0.75; nothing else gives more.
        #expect(IntentThresholds.choose(.f1, probabilities: probabilities, present: present, intents: 1) == [0.5])
        #expect(abs(IntentThresholds.choose(.precision(0.75), probabilities: probabilities, present: present, intents: 1)[0] - 0.5) < 1e-12)
        #expect(abs(IntentThresholds.choose(.precision(1), probabilities: probabilities, present: present, intents: 1)[0] - 0.75) < 1e-12)
        let none = IntentThresholds.choose(.precision(0.9), probabilities: [0.9, 0.1], present: [false, true], intents: 1)
        #expect(none == [IntentThresholds.never])
        let both = IntentThresholds.choose(.microF1, probabilities: probabilities, present: present, intents: 2)
        #expect(both[0] == both[1] && both[0] == 0.5)
    }

    @Test func setsKeepTheirPromise() {
        var random = RandomSource(6, 6)
        func draw(_ sessions: Int) -> (probabilities: [Double], present: [Bool]) {
            var (probabilities, present): ([Double], [Bool]) = ([], [])
            for _ in 0..<sessions * 3 {
                let p = Double(random.uniform())
                probabilities.append(p)
                present.append(Double(random.uniform()) < p * p)
            }
            return (probabilities, present)
        }
        let fitted = draw(2000)
        let sets = ConformalSets(coverage: 0.9, probabilities: fitted.probabilities, present: fitted.present, intents: 3)
        let fresh = draw(4000)
        let covered = (0..<4000).count { row in
            (0..<3).allSatisfy { !fresh.present[row * 3 + $0] || sets.contains(fresh.probabilities[row * 3 + $0]) }
        }
        // 0.9 with the spread of 2,000 and 4,000 draws: about 0.008 together, three of them.
        #expect(abs(Double(covered) / 4000 - 0.9) < 0.025)
        #expect(ConformalSets(coverage: 0.99, probabilities: [0.2, 0.9], present: [true, true], intents: 1).threshold == 0)
    }
}
