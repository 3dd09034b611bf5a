import Evaluation
import Testing

@Suite struct StudentTTests {
    /// Tables of the distribution (two-sided, 95 %), and scipy.stats.t.ppf between whole numbers.
    @Test(arguments: [
        (1.0, 12.706205), (2, 4.302653), (2.5, 3.574655), (3, 3.182446), (10, 2.228139), (199.9, 1.971902), (200, 1.971896),
        (1_000, 1.962339), (.infinity, 1.959964),
    ]) func quantiles(degrees: Double, expected: Double) {
        #expect(abs(StudentT.quantile(0.95, degrees: degrees) - expected) < 3e-5)
    }

    @Test func otherConfidences() {
        #expect(abs(StudentT.quantile(0.99, degrees: 2) - 9.924843) < 1e-4)
        #expect(abs(StudentT.quantile(0.5, degrees: 1) - 1) < 1e-6)
    }
}
