//! An SQL function with one setting bound. The planner writes the setting into the plan as a literal argument of a function
//! without settings, so that a plan means the same in every process that runs it.

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use datafusion::scalar::ScalarValue;

/// `name(arguments…)`, which means `plain(arguments…, setting)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct BoundFunction {
    name: &'static str,
    signature: Signature,
    plain: ScalarUDF,
    setting: ScalarValue,
}

impl BoundFunction {
    /// Binds the last argument of a function.
    pub(super) fn new(name: &'static str, inputs: Vec<DataType>, plain: ScalarUDF, setting: ScalarValue) -> Self {
        Self { name, signature: Signature::exact(inputs, Volatility::Immutable), plain, setting }
    }
}

impl ScalarUDFImpl for BoundFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, inputs: &[DataType]) -> Result<DataType> {
        self.plain.return_type(inputs)
    }

    fn simplify(&self, mut arguments: Vec<Expr>, _context: &SimplifyContext) -> Result<ExprSimplifyResult> {
        arguments.push(lit(self.setting.clone()));
        Ok(ExprSimplifyResult::Simplified(self.plain.call(arguments)))
    }

    fn invoke_with_args(&self, mut arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        arguments.args.push(ColumnarValue::Scalar(self.setting.clone()));
        self.plain.invoke_with_args(arguments)
    }
}
