"""SimpleITK's filters, under their own names: `import "simpleitk"`.

Generated: `python -m voxlogica.interface.stubs` writes it.
As SimpleITK 2.5.7 has them.
"""

from collections.abc import Sequence
from typing import Any, overload

from numpy.typing import NDArray

from voxlogica.interface.image import Image

sitkAbortEvent: int
sitkAffine: int
sitkAnnulus: int
sitkAnyEvent: int
sitkBSpline: int
sitkBSpline1: int
sitkBSpline2: int
sitkBSpline3: int
sitkBSpline4: int
sitkBSpline5: int
sitkBSplineResampler: int
sitkBSplineResamplerOrder1: int
sitkBSplineResamplerOrder2: int
sitkBSplineResamplerOrder3: int
sitkBSplineResamplerOrder4: int
sitkBSplineResamplerOrder5: int
sitkBSplineTransform: int
sitkBall: int
sitkBlackmanWindowedSinc: int
sitkBox: int
sitkComplexFloat32: int
sitkComplexFloat64: int
sitkComposeScaleSkewVersor: int
sitkComposite: int
sitkCosineWindowedSinc: int
sitkCross: int
sitkDeleteEvent: int
sitkDisplacementField: int
sitkEndEvent: int
sitkEuler: int
sitkFloat32: int
sitkFloat64: int
sitkGaussian: int
sitkHammingWindowedSinc: int
sitkIdentity: int
sitkInt16: int
sitkInt32: int
sitkInt64: int
sitkInt8: int
sitkIterationEvent: int
sitkLabelGaussian: int
sitkLabelLinear: int
sitkLabelUInt16: int
sitkLabelUInt32: int
sitkLabelUInt64: int
sitkLabelUInt8: int
sitkLanczosWindowedSinc: int
sitkLinear: int
sitkMultiResolutionIterationEvent: int
sitkNearestNeighbor: int
sitkPolygon3: int
sitkPolygon4: int
sitkPolygon5: int
sitkPolygon6: int
sitkPolygon7: int
sitkPolygon8: int
sitkPolygon9: int
sitkProgressEvent: int
sitkQuaternionRigid: int
sitkScale: int
sitkScaleLogarithmic: int
sitkScaleSkewVersor: int
sitkScaleVersor: int
sitkSimilarity: int
sitkStartEvent: int
sitkTranslation: int
sitkUInt16: int
sitkUInt32: int
sitkUInt64: int
sitkUInt8: int
sitkUnknown: int
sitkUnknownTransform: int
sitkUserEvent: int
sitkVectorFloat32: int
sitkVectorFloat64: int
sitkVectorInt16: int
sitkVectorInt32: int
sitkVectorInt64: int
sitkVectorInt8: int
sitkVectorUInt16: int
sitkVectorUInt32: int
sitkVectorUInt64: int
sitkVectorUInt8: int
sitkVersor: int
sitkVersorRigid: int
sitkWallClock: int
sitkWelchWindowedSinc: int

def Abs(image1: Image | NDArray[Any]) -> Image:
    """Computes the absolute value of each pixel."""

@overload
def AbsoluteValueDifference(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise the computation of absolute value difference."""

@overload
def AbsoluteValueDifference(image1: Image | NDArray[Any], constant: float) -> Image:
    """Implements pixel-wise the computation of absolute value difference."""

@overload
def AbsoluteValueDifference(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise the computation of absolute value difference."""

def Acos(image1: Image | NDArray[Any]) -> Image:
    """Computes the inverse cosine of each pixel."""

def AdaptiveHistogramEqualization(
    image1: Image | NDArray[Any],
    radius: float | Sequence[float] | NDArray[Any] = 5.0,
    alpha: float = 0.3,
    beta: float = 0.3,
) -> Image:
    """Power Law Adaptive Histogram Equalization."""

@overload
def Add(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Pixel-wise addition of two images."""

@overload
def Add(image1: Image | NDArray[Any], constant: float) -> Image:
    """Pixel-wise addition of two images."""

@overload
def Add(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Pixel-wise addition of two images."""

@overload
def AdditiveGaussianNoise(
    image1: Image | NDArray[Any], standardDeviation: float = 1.0, mean: float = 0.0
) -> Image:
    """Alter an image with additive Gaussian white noise."""

@overload
def AdditiveGaussianNoise(
    image1: Image | NDArray[Any], standardDeviation: float, mean: float, seed: float
) -> Image:
    """Alter an image with additive Gaussian white noise."""

def AggregateLabelMap(image1: Image | NDArray[Any]) -> Image:
    """Collapses all labels into the first label."""

@overload
def And(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Implements the AND bitwise operator pixel-wise between two images."""

@overload
def And(image1: Image | NDArray[Any], constant: float) -> Image:
    """Implements the AND bitwise operator pixel-wise between two images."""

@overload
def And(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Implements the AND bitwise operator pixel-wise between two images."""

def AntiAliasBinary(
    image1: Image | NDArray[Any], maximumRMSError: float = 0.07, numberOfIterations: float = 1000
) -> Image:
    """A method for estimation of a surface from a binary volume."""

def ApproximateSignedDistanceMap(
    image1: Image | NDArray[Any], insideValue: float = 1, outsideValue: float = 0
) -> Image:
    """Create a map of the approximate signed distance from the boundaries of a binary image."""

def AreaClosing(
    image1: Image | NDArray[Any],
    _lambda: float = 0.0,
    useImageSpacing: bool = True,
    fullyConnected: bool = False,
) -> Image:
    """Morphological closing by attributes."""

def AreaOpening(
    image1: Image | NDArray[Any],
    _lambda: float = 0.0,
    useImageSpacing: bool = True,
    fullyConnected: bool = False,
) -> Image:
    """Morphological opening by attributes."""

def Asin(image1: Image | NDArray[Any]) -> Image:
    """Computes the sine of each pixel."""

def Atan(image1: Image | NDArray[Any]) -> Image:
    """Computes the one-argument inverse tangent of each pixel."""

@overload
def Atan2(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Computes two argument inverse tangent."""

@overload
def Atan2(image1: Image | NDArray[Any], constant: float) -> Image:
    """Computes two argument inverse tangent."""

@overload
def Atan2(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Computes two argument inverse tangent."""

def BSplineDecomposition(image1: Image | NDArray[Any], splineOrder: float = 3) -> Image:
    """Calculates the B-Spline coefficients of an image."""

def Bilateral(
    image1: Image | NDArray[Any],
    domainSigma: float = 4.0,
    rangeSigma: float = 50.0,
    numberOfRangeGaussianSamples: float = 100,
) -> Image:
    """Blurs an image while preserving edges."""

def BinShrink(
    image1: Image | NDArray[Any], shrinkFactors: float | Sequence[float] | NDArray[Any] = 1.0
) -> Image:
    """Reduce the size of an image by an integer factor in each dimension while performing averaging of an input neighborhood."""

def BinaryClosingByReconstruction(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    foregroundValue: float = 1.0,
    fullyConnected: bool = False,
) -> Image:
    """binary closing by reconstruction of an image."""

def BinaryContour(
    image1: Image | NDArray[Any],
    fullyConnected: bool = False,
    backgroundValue: float = 0.0,
    foregroundValue: float = 1.0,
) -> Image:
    """Labels the pixels on the border of the objects in a binary image."""

def BinaryDilate(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    backgroundValue: float = 0.0,
    foregroundValue: float = 1.0,
    boundaryToForeground: bool = False,
) -> Image:
    """Fast binary dilation of a single intensity value in the image."""

def BinaryErode(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    backgroundValue: float = 0.0,
    foregroundValue: float = 1.0,
    boundaryToForeground: bool = True,
) -> Image:
    """Fast binary erosion of a single intensity value in the image."""

def BinaryFillhole(
    image1: Image | NDArray[Any], fullyConnected: bool = False, foregroundValue: float = 1.0
) -> Image:
    """Remove holes not connected to the boundary of the image."""

def BinaryGrindPeak(
    image1: Image | NDArray[Any],
    fullyConnected: bool = False,
    foregroundValue: float = 1.0,
    backgroundValue: float = 0,
) -> Image:
    """Remove the objects not connected to the boundary of the image."""

def BinaryImageToLabelMap(
    image1: Image | NDArray[Any],
    fullyConnected: bool = False,
    inputForegroundValue: float = 1.0,
    outputBackgroundValue: float = 0.0,
) -> Image:
    """Label the connected components in a binary image and produce a collection of label objects."""

def BinaryMagnitude(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Computes the square root of the sum of squares of corresponding input pixels."""

def BinaryMedian(
    image1: Image | NDArray[Any],
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
    foregroundValue: float = 1.0,
    backgroundValue: float = 0.0,
) -> Image:
    """Applies a version of the median filter optimized for binary images."""

def BinaryMinMaxCurvatureFlow(
    image1: Image | NDArray[Any],
    timeStep: float = 0.05,
    numberOfIterations: float = 5,
    stencilRadius: float = 2,
    threshold: float = 0.0,
) -> Image:
    """Denoise a binary image using min/max curvature flow."""

def BinaryMorphologicalClosing(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    foregroundValue: float = 1.0,
    safeBorder: bool = True,
) -> Image:
    """binary morphological closing of an image."""

def BinaryMorphologicalOpening(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    backgroundValue: float = 0.0,
    foregroundValue: float = 1.0,
) -> Image:
    """binary morphological opening of an image."""

def BinaryNot(
    image1: Image | NDArray[Any], foregroundValue: float = 1.0, backgroundValue: float = 0.0
) -> Image:
    """Implements the BinaryNot logical operator pixel-wise between two images."""

def BinaryOpeningByReconstruction(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    foregroundValue: float = 1.0,
    backgroundValue: float = 0.0,
    fullyConnected: bool = False,
) -> Image:
    """binary morphological closing of an image."""

def BinaryProjection(
    image1: Image | NDArray[Any],
    projectionDimension: float = 0,
    foregroundValue: float = 1.0,
    backgroundValue: float = 0.0,
) -> Image:
    """Binary projection."""

def BinaryPruning(image1: Image | NDArray[Any], iteration: float = 3) -> Image:
    """This filter removes "spurs" of less than a certain length in the input image."""

def BinaryReconstructionByDilation(
    markerImage: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    backgroundValue: float = 0.0,
    foregroundValue: float = 1.0,
    fullyConnected: bool = False,
) -> Image:
    """binary reconstruction by dilation of an image"""

def BinaryReconstructionByErosion(
    markerImage: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    backgroundValue: float = 0.0,
    foregroundValue: float = 1.0,
    fullyConnected: bool = False,
) -> Image:
    """binary reconstruction by erosion of an image"""

def BinaryThinning(image1: Image | NDArray[Any]) -> Image:
    """This filter computes one-pixel-wide edges of the input image."""

def BinaryThreshold(
    image1: Image | NDArray[Any],
    lowerThreshold: float = 0.0,
    upperThreshold: float = 255.0,
    insideValue: float = 1,
    outsideValue: float = 0,
) -> Image:
    """Binarize an input image by thresholding."""

def BinaryThresholdProjection(
    image1: Image | NDArray[Any],
    projectionDimension: float = 0,
    thresholdValue: float = 0.0,
    foregroundValue: float = 1,
    backgroundValue: float = 0,
) -> Image:
    """BinaryThreshold projection."""

def BinomialBlur(image1: Image | NDArray[Any], repetitions: float = 1) -> Image:
    """Performs a separable blur on each dimension of an image."""

def BitwiseNot(image1: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise generic operation on one image."""

def BlackTopHat(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    safeBorder: bool = True,
) -> Image:
    """Black top hat extracts local minima that are smaller than the structuring element."""

def BoundedReciprocal(image1: Image | NDArray[Any]) -> Image:
    """Computes 1/(1+x) for each pixel in the image."""

def BoxMean(
    image1: Image | NDArray[Any], radius: float | Sequence[float] | NDArray[Any] = 1.0
) -> Image:
    """Implements a fast rectangular mean filter using the accumulator approach."""

def BoxSigma(
    image1: Image | NDArray[Any], radius: float | Sequence[float] | NDArray[Any] = 1.0
) -> Image:
    """Implements a fast rectangular sigma filter using the accumulator approach."""

def CannyEdgeDetection(
    image1: Image | NDArray[Any],
    lowerThreshold: float = 0.0,
    upperThreshold: float = 0.0,
    variance: float | Sequence[float] | NDArray[Any] = 0.0,
    maximumError: float | Sequence[float] | NDArray[Any] = 0.01,
) -> Image:
    """This filter is an implementation of a Canny edge detector for scalar- valued images."""

def CannySegmentationLevelSet(
    initialImage: Image | NDArray[Any],
    featureImage: Image | NDArray[Any],
    threshold: float = 0.0,
    variance: float = 0.0,
    maximumRMSError: float = 0.02,
    propagationScaling: float = 1.0,
    curvatureScaling: float = 1.0,
    advectionScaling: float = 1.0,
    numberOfIterations: float = 1000,
    reverseExpansionDirection: bool = False,
    isoSurfaceValue: float = 0.0,
) -> Image:
    """Segments structures in images based on image features derived from pseudo-canny-edges."""

def Cast(image: Image | NDArray[Any], pixelID: float | str) -> Image:
    """A hybrid cast image filter to convert images to other types of images."""

def ChangeLabel(
    image1: Image | NDArray[Any], changeMap: Sequence[Sequence[float] | NDArray[Any]] = ...
) -> Image:
    """Change Sets of Labels."""

def ChangeLabelLabelMap(
    image1: Image | NDArray[Any], changeMap: Sequence[Sequence[float] | NDArray[Any]] = ...
) -> Image:
    """Replace the label Ids of selected LabelObjects with new label Ids."""

def CheckerBoard(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    checkerPattern: float | Sequence[float] | NDArray[Any] = 4.0,
) -> Image:
    """Combines two images in a checkerboard pattern."""

def Clamp(
    image1: Image | NDArray[Any],
    outputPixelType: float | str = "sitkUnknown",
    lowerBound: float = -1.7976931348623157e308,
    upperBound: float = 1.7976931348623157e308,
) -> Image:
    """Casts input pixels to output pixel type and clamps the output pixel values to a specified range."""

def ClosingByReconstruction(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    fullyConnected: bool = False,
    preserveIntensities: bool = False,
) -> Image:
    """Closing by reconstruction of an image."""

def CollidingFronts(
    image1: Image | NDArray[Any],
    seedPoints1: Sequence[float] | Sequence[Sequence[float]] = [],
    seedPoints2: Sequence[float] | Sequence[Sequence[float]] = [],
    applyConnectivity: bool = True,
    negativeEpsilon: float = -1e-06,
    stopOnTargets: bool = False,
) -> Image:
    """Selects a region of space where two independent fronts run towards each other."""

def ComplexToImaginary(image1: Image | NDArray[Any]) -> Image:
    """Computes pixel-wise the imaginary part of a complex image."""

def ComplexToModulus(image1: Image | NDArray[Any]) -> Image:
    """Computes pixel-wise the Modulus of a complex image."""

def ComplexToPhase(image1: Image | NDArray[Any]) -> Image:
    """Computes pixel-wise the modulus of a complex image."""

def ComplexToReal(image1: Image | NDArray[Any]) -> Image:
    """Computes pixel-wise the real(x) part of a complex image."""

@overload
def Compose(images: Sequence[Image | NDArray[Any]]) -> Image:
    """ComposeImageFilter combine several scalar images into a multicomponent image."""

@overload
def Compose(image1: Image | NDArray[Any]) -> Image:
    """ComposeImageFilter combine several scalar images into a multicomponent image."""

@overload
def Compose(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """ComposeImageFilter combine several scalar images into a multicomponent image."""

@overload
def Compose(
    image1: Image | NDArray[Any], image2: Image | NDArray[Any], image3: Image | NDArray[Any]
) -> Image:
    """ComposeImageFilter combine several scalar images into a multicomponent image."""

@overload
def Compose(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
) -> Image:
    """ComposeImageFilter combine several scalar images into a multicomponent image."""

@overload
def Compose(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    image5: Image | NDArray[Any],
) -> Image:
    """ComposeImageFilter combine several scalar images into a multicomponent image."""

def ConfidenceConnected(
    image1: Image | NDArray[Any],
    seedList: Sequence[float] | Sequence[Sequence[float]] = [],
    numberOfIterations: float = 4,
    multiplier: float = 4.5,
    initialNeighborhoodRadius: float = 1,
    replaceValue: float = 1,
) -> Image:
    """Segment pixels with similar statistics using connectivity."""

@overload
def ConnectedComponent(image: Image | NDArray[Any], fullyConnected: bool = False) -> Image:
    """Label the objects in a binary image."""

@overload
def ConnectedComponent(
    image: Image | NDArray[Any], maskImage: Image | NDArray[Any], fullyConnected: bool = False
) -> Image:
    """Label the objects in a binary image."""

def ConnectedThreshold(
    image1: Image | NDArray[Any],
    seedList: Sequence[float] | Sequence[Sequence[float]] = [],
    lower: float = 0,
    upper: float = 1,
    replaceValue: float = 1,
    connectivity: float | str = "FaceConnectivity",
) -> Image:
    """Label pixels that are connected to a seed and lie within a range of values."""

def ConstantPad(
    image1: Image | NDArray[Any],
    padLowerBound: float | Sequence[float] | NDArray[Any] = 0.0,
    padUpperBound: float | Sequence[float] | NDArray[Any] = 0.0,
    constant: float = 0.0,
) -> Image:
    """Increase the image size by padding with a constant value."""

def Convolution(
    image: Image | NDArray[Any],
    kernelImage: Image | NDArray[Any],
    normalize: bool = False,
    boundaryCondition: float | str = "ZERO_FLUX_NEUMANN_PAD",
    outputRegionMode: float | str = "SAME",
) -> Image:
    """Convolve a given image with an arbitrary image kernel."""

def Cos(image1: Image | NDArray[Any]) -> Image:
    """Computes the cosine of each pixel."""

def Crop(
    image1: Image | NDArray[Any],
    lowerBoundaryCropSize: float | Sequence[float] | NDArray[Any] = 0.0,
    upperBoundaryCropSize: float | Sequence[float] | NDArray[Any] = 0.0,
) -> Image:
    """Decrease the image size by cropping the image by an itk::Size at both the upper and lower bounds of the largest possible region."""

def CurvatureAnisotropicDiffusion(
    image1: Image | NDArray[Any],
    timeStep: float = 0.0625,
    conductanceParameter: float = 3.0,
    conductanceScalingUpdateInterval: float = 1,
    numberOfIterations: float = 5,
) -> Image:
    """This filter performs anisotropic diffusion on a scalar itk::Image using the modified curvature diffusion equation (MCDE)."""

def CurvatureFlow(
    image1: Image | NDArray[Any], timeStep: float = 0.05, numberOfIterations: float = 5
) -> Image:
    """Denoise an image using curvature driven flow."""

def CyclicShift(
    image1: Image | NDArray[Any], shift: float | Sequence[float] | NDArray[Any] = 0.0
) -> Image:
    """Perform a cyclic spatial shift of image intensities on the image grid."""

def DICOMOrient(image1: Image | NDArray[Any], desiredCoordinateOrientation: str = ...) -> Image:
    """Permute axes and flip images as needed to obtain an approximation to the desired orientation."""

def DanielssonDistanceMap(
    image1: Image | NDArray[Any],
    inputIsBinary: bool = False,
    squaredDistance: bool = False,
    useImageSpacing: bool = False,
) -> Image:
    """This filter computes the distance map of the input image as an approximation with pixel accuracy to the Euclidean distance."""

def Derivative(
    image1: Image | NDArray[Any],
    direction: float = 0,
    order: float = 1,
    useImageSpacing: bool = True,
) -> Image:
    """Computes the directional derivative of an image."""

def DilateObjectMorphology(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    objectValue: float = 1,
) -> Image:
    """dilation of an object in an image"""

def DiscreteGaussian(
    image1: Image | NDArray[Any],
    variance: float | Sequence[float] | NDArray[Any] = [1, 1, 1],
    maximumKernelWidth: float = 32,
    maximumError: float = 0.01,
    useImageSpacing: bool = True,
) -> Image:
    """Blurs an image by separable convolution with discrete  gaussian kernels."""

def DiscreteGaussianDerivative(
    image1: Image | NDArray[Any],
    variance: float | Sequence[float] | NDArray[Any] = 0.0,
    order: float | Sequence[float] | NDArray[Any] = 1.0,
    maximumKernelWidth: float = 32,
    maximumError: float = 0.01,
    useImageSpacing: bool = True,
    normalizeAcrossScale: bool = False,
) -> Image:
    """Calculates image derivatives using discrete derivative gaussian kernels."""

def DisplacementFieldJacobianDeterminant(
    image1: Image | NDArray[Any],
    useImageSpacing: bool = True,
    derivativeWeights: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Computes a scalar image from a vector image (e.g., deformation field) input, where each output scalar at each pixel is the Jacobian determinant of the vector field at that location."""

@overload
def Divide(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Pixel-wise division of two images."""

@overload
def Divide(image1: Image | NDArray[Any], constant: float) -> Image:
    """Pixel-wise division of two images."""

@overload
def Divide(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Pixel-wise division of two images."""

@overload
def DivideFloor(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def DivideFloor(image1: Image | NDArray[Any], constant: float) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def DivideFloor(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def DivideReal(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def DivideReal(image1: Image | NDArray[Any], constant: float) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def DivideReal(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

def DoubleThreshold(
    image1: Image | NDArray[Any],
    threshold1: float = 0.0,
    threshold2: float = 1.0,
    threshold3: float = 254.0,
    threshold4: float = 255.0,
    insideValue: float = 1,
    outsideValue: float = 0,
    fullyConnected: bool = False,
) -> Image:
    """Binarize an input image using double thresholding."""

def EdgePotential(image1: Image | NDArray[Any]) -> Image:
    """Computes the edge potential of an image from the image gradient."""

@overload
def Equal(
    constant: float,
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def Equal(
    image1: Image | NDArray[Any],
    constant: float,
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def Equal(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

def ErodeObjectMorphology(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    objectValue: float = 1,
    backgroundValue: float = 0,
) -> Image:
    """Erosion of an object in an image."""

def Exp(image1: Image | NDArray[Any]) -> Image:
    """Computes the exponential function of each pixel."""

def ExpNegative(image1: Image | NDArray[Any]) -> Image:
    """Computes the function exp(-K.x) for each input pixel."""

def Expand(
    image1: Image | NDArray[Any],
    expandFactors: float | Sequence[float] | NDArray[Any] = 1.0,
    interpolator: float | str = "sitkLinear",
) -> Image:
    """Expand the size of an image by an integer factor in each dimension."""

def Extract(
    image1: Image | NDArray[Any],
    size: float | Sequence[float] | NDArray[Any] = 1.0,
    index: float | Sequence[float] | NDArray[Any] = 0.0,
    directionCollapseToStrategy: float | str = "DIRECTIONCOLLAPSETOGUESS",
) -> Image:
    """Decrease the image size by cropping the image to the selected region bounds."""

def FFTConvolution(
    image: Image | NDArray[Any],
    kernelImage: Image | NDArray[Any],
    normalize: bool = False,
    boundaryCondition: float | str = "ZERO_FLUX_NEUMANN_PAD",
    outputRegionMode: float | str = "SAME",
) -> Image:
    """Convolve a given image with an arbitrary image kernel using multiplication in the Fourier domain."""

def FFTNormalizedCorrelation(
    fixedImage: Image | NDArray[Any],
    movingImage: Image | NDArray[Any],
    requiredNumberOfOverlappingPixels: float = 0,
    requiredFractionOfOverlappingPixels: float = 0.0,
) -> Image:
    """Calculate normalized cross correlation using FFTs."""

def FFTPad(
    image1: Image | NDArray[Any],
    boundaryCondition: float | str = "ZERO_FLUX_NEUMANN_PAD",
    sizeGreatestPrimeFactor: float = ...,
) -> Image:
    """Pad an image to make it suitable for an FFT transformation."""

def FFTShift(image1: Image | NDArray[Any], inverse: bool = False) -> Image:
    """Shift the zero-frequency components of a Fourier transform to the center of the image."""

def FastApproximateRank(
    image1: Image | NDArray[Any],
    rank: float = 0.5,
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
) -> Image:
    """A separable rank filter."""

def FastMarching(
    image1: Image | NDArray[Any],
    trialPoints: Sequence[float] | Sequence[Sequence[float]] = [],
    normalizationFactor: float = 1.0,
    stoppingValue: float = 8.988465674311579e307,
    initialTrialValues: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Solve an Eikonal equation using Fast Marching."""

def FastMarchingBase(
    image1: Image | NDArray[Any],
    trialPoints: Sequence[float] | Sequence[Sequence[float]] = [],
    normalizationFactor: float = 1.0,
    stoppingValue: float = 1.7014117331926443e38,
    topologyCheck: float | str = "Nothing",
    initialTrialValues: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Apply the Fast Marching method to solve an Eikonal equation on an image."""

def FastMarchingUpwindGradient(
    image1: Image | NDArray[Any],
    trialPoints: Sequence[float] | Sequence[Sequence[float]] = [],
    numberOfTargets: float = 0,
    targetPoints: Sequence[float] | Sequence[Sequence[float]] = [],
    targetOffset: float = 1.0,
    normalizationFactor: float = 1.0,
    initialTrialValues: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Generates the upwind gradient field of fast marching arrival times."""

def Flip(
    image1: Image | NDArray[Any], flipAxes: Sequence[bool] = ..., flipAboutOrigin: bool = False
) -> Image:
    """Flips an image across user specified axes."""

def ForwardFFT(image1: Image | NDArray[Any]) -> Image:
    """Base class for forward Fast Fourier Transform ."""

def GaborSource(
    outputPixelType: float | str = "sitkFloat32",
    size: float | Sequence[float] | NDArray[Any] = 64.0,
    sigma: float | Sequence[float] | NDArray[Any] = 16.0,
    mean: float | Sequence[float] | NDArray[Any] = 32.0,
    frequency: float = 0.4,
    origin: float | Sequence[float] | NDArray[Any] = 0.0,
    spacing: float | Sequence[float] | NDArray[Any] = 1.0,
    direction: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Generate an n-dimensional image of a Gabor filter."""

def GaussianSource(
    outputPixelType: float | str = "sitkFloat32",
    size: float | Sequence[float] | NDArray[Any] = 64.0,
    sigma: float | Sequence[float] | NDArray[Any] = 16.0,
    mean: float | Sequence[float] | NDArray[Any] = 32.0,
    scale: float = 255,
    origin: float | Sequence[float] | NDArray[Any] = 0.0,
    spacing: float | Sequence[float] | NDArray[Any] = 1.0,
    direction: float | Sequence[float] | NDArray[Any] = [],
    normalized: bool = False,
) -> Image:
    """Generate an n-dimensional image of a Gaussian."""

def GeodesicActiveContourLevelSet(
    initialImage: Image | NDArray[Any],
    featureImage: Image | NDArray[Any],
    maximumRMSError: float = 0.01,
    propagationScaling: float = 1.0,
    curvatureScaling: float = 1.0,
    advectionScaling: float = 1.0,
    numberOfIterations: float = 1000,
    reverseExpansionDirection: bool = False,
) -> Image:
    """Segments structures in images based on a user supplied edge potential map."""

def GetPixelIDValueAsString(type: float | str) -> str:
    """SimpleITK says no more of GetPixelIDValueAsString than how it is called."""

def GetPixelIDValueFromString(enumString: str) -> float:
    """Function mapping enumeration names in std::string to values."""

def Gradient(
    image1: Image | NDArray[Any], useImageSpacing: bool = True, useImageDirection: bool = False
) -> Image:
    """Computes the gradient of an image using directional derivatives."""

def GradientAnisotropicDiffusion(
    image1: Image | NDArray[Any],
    timeStep: float = 0.125,
    conductanceParameter: float = 3,
    conductanceScalingUpdateInterval: float = 1,
    numberOfIterations: float = 5,
) -> Image:
    """This filter performs anisotropic diffusion on a scalar itk::Image using the classic Perona-Malik, gradient magnitude based equation."""

def GradientMagnitude(image1: Image | NDArray[Any], useImageSpacing: bool = True) -> Image:
    """Computes the gradient magnitude of an image region at each pixel."""

def GradientMagnitudeRecursiveGaussian(
    image1: Image | NDArray[Any], sigma: float = 1.0, normalizeAcrossScale: bool = False
) -> Image:
    """Computes the Magnitude of the Gradient of an image by convolution with the first derivative of a Gaussian."""

def GradientRecursiveGaussian(
    image1: Image | NDArray[Any],
    sigma: float = 1.0,
    normalizeAcrossScale: bool = False,
    useImageDirection: bool = False,
) -> Image:
    """Computes the gradient of an image by convolution with the first derivative of a Gaussian."""

def GrayscaleConnectedClosing(
    image1: Image | NDArray[Any],
    seed: float | Sequence[float] | NDArray[Any] = 0.0,
    fullyConnected: bool = False,
) -> Image:
    """Enhance pixels associated with a dark object (identified by a seed pixel) where the dark object is surrounded by a brighter object."""

def GrayscaleConnectedOpening(
    image1: Image | NDArray[Any],
    seed: float | Sequence[float] | NDArray[Any] = 0.0,
    fullyConnected: bool = False,
) -> Image:
    """Enhance pixels associated with a bright object (identified by a seed pixel) where the bright object is surrounded by a darker object."""

def GrayscaleDilate(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
) -> Image:
    """Grayscale dilation of an image."""

def GrayscaleErode(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
) -> Image:
    """Grayscale erosion of an image."""

def GrayscaleFillhole(image1: Image | NDArray[Any], fullyConnected: bool = False) -> Image:
    """Remove local minima not connected to the boundary of the image."""

def GrayscaleGeodesicDilate(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    runOneIteration: bool = False,
    fullyConnected: bool = False,
) -> Image:
    """Geodesic grayscale dilation of an image."""

def GrayscaleGeodesicErode(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    runOneIteration: bool = False,
    fullyConnected: bool = False,
) -> Image:
    """geodesic gray scale erosion of an image"""

def GrayscaleGrindPeak(image1: Image | NDArray[Any], fullyConnected: bool = False) -> Image:
    """Remove local maxima not connected to the boundary of the image."""

def GrayscaleMorphologicalClosing(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    safeBorder: bool = True,
) -> Image:
    """Grayscale closing of an image."""

def GrayscaleMorphologicalOpening(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    safeBorder: bool = True,
) -> Image:
    """Grayscale opening of an image."""

@overload
def Greater(
    constant: float,
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def Greater(
    image1: Image | NDArray[Any],
    constant: float,
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def Greater(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def GreaterEqual(
    constant: float,
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def GreaterEqual(
    image1: Image | NDArray[Any],
    constant: float,
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def GreaterEqual(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

def GridSource(
    outputPixelType: float | str = "sitkFloat32",
    size: float | Sequence[float] | NDArray[Any] = 64.0,
    sigma: float | Sequence[float] | NDArray[Any] = 0.5,
    gridSpacing: float | Sequence[float] | NDArray[Any] = 4.0,
    gridOffset: float | Sequence[float] | NDArray[Any] = 0.0,
    scale: float = 255.0,
    origin: float | Sequence[float] | NDArray[Any] = 0.0,
    spacing: float | Sequence[float] | NDArray[Any] = 1.0,
    direction: float | Sequence[float] | NDArray[Any] = [],
    whichDimensions: Sequence[bool] = ...,
) -> Image:
    """Generate an n-dimensional image of a grid."""

def HConcave(
    image1: Image | NDArray[Any], height: float = 2.0, fullyConnected: bool = False
) -> Image:
    """Identify local minima whose depth below the baseline is greater than h."""

def HConvex(
    image1: Image | NDArray[Any], height: float = 2.0, fullyConnected: bool = False
) -> Image:
    """Identify local maxima whose height above the baseline is greater than h."""

def HMaxima(image1: Image | NDArray[Any], height: float = 2.0) -> Image:
    """Suppress local maxima whose height above the baseline is less than h."""

def HMinima(
    image1: Image | NDArray[Any], height: float = 2.0, fullyConnected: bool = False
) -> Image:
    """Suppress local minima whose depth below the baseline is less than h."""

def HalfHermitianToRealInverseFFT(
    image1: Image | NDArray[Any], actualXDimensionIsOdd: bool = False
) -> Image:
    """Base class for specialized complex-to-real inverse Fast Fourier Transform ."""

def Hash(image: Image | NDArray[Any], function: float | str = "SHA1") -> str:
    """Compute the sha1 or md5 hash of an image."""

def HistogramMatching(
    image: Image | NDArray[Any],
    referenceImage: Image | NDArray[Any],
    numberOfHistogramLevels: float = 256,
    numberOfMatchPoints: float = 1,
    thresholdAtMeanIntensity: bool = True,
) -> Image:
    """Normalize the grayscale values for a source image by matching the shape of the source image histogram to a reference histogram."""

@overload
def HuangThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 128,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Huang Threshold."""

@overload
def HuangThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 128,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Huang Threshold."""

def IntensityWindowing(
    image1: Image | NDArray[Any],
    windowMinimum: float = 0.0,
    windowMaximum: float = 255.0,
    outputMinimum: float = 0.0,
    outputMaximum: float = 255.0,
) -> Image:
    """Applies a linear transformation to the intensity levels of the input Image that are inside a user-defined interval."""

@overload
def IntermodesThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Intermodes Threshold."""

@overload
def IntermodesThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Intermodes Threshold."""

def InverseDeconvolution(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    kernelZeroMagnitudeThreshold: float = 0.0001,
    normalize: bool = False,
    boundaryCondition: float | str = "ZERO_FLUX_NEUMANN_PAD",
    outputRegionMode: float | str = "SAME",
) -> Image:
    """The direct linear inverse deconvolution filter."""

def InverseDisplacementField(
    image1: Image | NDArray[Any],
    size: float | Sequence[float] | NDArray[Any] = 0.0,
    outputOrigin: float | Sequence[float] | NDArray[Any] = 0.0,
    outputSpacing: float | Sequence[float] | NDArray[Any] = 1.0,
    subsamplingFactor: float = 16,
) -> Image:
    """Computes the inverse of a displacement field."""

def InverseFFT(image1: Image | NDArray[Any]) -> Image:
    """Base class for inverse Fast Fourier Transform ."""

def InvertDisplacementField(
    image1: Image | NDArray[Any],
    maximumNumberOfIterations: float = 10,
    maxErrorToleranceThreshold: float = 0.1,
    meanErrorToleranceThreshold: float = 0.001,
    enforceBoundaryCondition: bool = True,
) -> Image:
    """Iteratively estimate the inverse field of a displacement field."""

def InvertIntensity(image1: Image | NDArray[Any], maximum: float = 255) -> Image:
    """Invert the intensity of an image."""

def IsoContourDistance(
    image1: Image | NDArray[Any], levelSetValue: float = 0.0, farValue: float = 10
) -> Image:
    """Compute an approximate distance from an interpolated isocontour to the close grid points."""

@overload
def IsoDataThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the IsoData Threshold."""

@overload
def IsoDataThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the IsoData Threshold."""

def IsolatedConnected(
    image1: Image | NDArray[Any],
    seed1: float | Sequence[float] | NDArray[Any] = 0.0,
    seed2: float | Sequence[float] | NDArray[Any] = 0.0,
    lower: float = 0,
    upper: float = 1,
    replaceValue: float = 1,
    isolatedValueTolerance: float = 1.0,
    findUpperThreshold: bool = True,
) -> Image:
    """Label pixels that are connected to one set of seeds but not another."""

def IsolatedWatershed(
    image1: Image | NDArray[Any],
    seed1: float | Sequence[float] | NDArray[Any] = 0.0,
    seed2: float | Sequence[float] | NDArray[Any] = 0.0,
    threshold: float = 0.0,
    upperValueLimit: float = 1.0,
    isolatedValueTolerance: float = 0.001,
    replaceValue1: float = 1,
    replaceValue2: float = 2,
) -> Image:
    """Isolate watershed basins using two seeds."""

def IterativeInverseDisplacementField(
    image1: Image | NDArray[Any], numberOfIterations: float = 5, stopValue: float = 0.0
) -> Image:
    """Computes the inverse of a displacement field."""

@overload
def JoinSeries(
    images: Sequence[Image | NDArray[Any]], origin: float = 0.0, spacing: float = 1.0
) -> Image:
    """Join N-D images into an (N+1)-D image."""

@overload
def JoinSeries(image1: Image | NDArray[Any], origin: float = 0.0, spacing: float = 1.0) -> Image:
    """Join N-D images into an (N+1)-D image."""

@overload
def JoinSeries(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    origin: float = 0.0,
    spacing: float = 1.0,
) -> Image:
    """Join N-D images into an (N+1)-D image."""

@overload
def JoinSeries(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    origin: float = 0.0,
    spacing: float = 1.0,
) -> Image:
    """Join N-D images into an (N+1)-D image."""

@overload
def JoinSeries(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    origin: float = 0.0,
    spacing: float = 1.0,
) -> Image:
    """Join N-D images into an (N+1)-D image."""

@overload
def JoinSeries(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    image5: Image | NDArray[Any],
    origin: float = 0.0,
    spacing: float = 1.0,
) -> Image:
    """Join N-D images into an (N+1)-D image."""

@overload
def KittlerIllingworthThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the KittlerIllingworth Threshold."""

@overload
def KittlerIllingworthThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the KittlerIllingworth Threshold."""

def LabelContour(
    image1: Image | NDArray[Any], fullyConnected: bool = False, backgroundValue: float = 0
) -> Image:
    """Labels the pixels on the border of the objects in a labeled image."""

def LabelImageToLabelMap(image1: Image | NDArray[Any], backgroundValue: float = 0) -> Image:
    """convert a labeled image to a label collection image"""

def LabelMapContourOverlay(
    labelMapImage: Image | NDArray[Any],
    featureImage: Image | NDArray[Any],
    opacity: float = 0.5,
    dilationRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    contourThickness: float | Sequence[float] | NDArray[Any] = 1.0,
    sliceDimension: float = 0,
    contourType: float | str = "CONTOUR",
    priority: float | str = "HIGH_LABEL_ON_TOP",
    colormap: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Apply a colormap to the contours (outlines) of each object in a label map and superimpose it on top of the feature image."""

def LabelMapMask(
    labelMapImage: Image | NDArray[Any],
    featureImage: Image | NDArray[Any],
    label: float = 1,
    backgroundValue: float = 0,
    negated: bool = False,
    crop: bool = False,
    cropBorder: float | Sequence[float] | NDArray[Any] = 0.0,
) -> Image:
    """Mask and image with a LabelMap ."""

def LabelMapOverlay(
    labelMapImage: Image | NDArray[Any],
    featureImage: Image | NDArray[Any],
    opacity: float = 0.5,
    colormap: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Apply a colormap to a label map and superimpose it on an image."""

def LabelMapToBinary(
    image1: Image | NDArray[Any], backgroundValue: float = 0, foregroundValue: float = 1.0
) -> Image:
    """Convert a LabelMap to a binary image."""

def LabelMapToLabel(image1: Image | NDArray[Any]) -> Image:
    """Converts a LabelMap to a labeled image."""

def LabelMapToRGB(
    image1: Image | NDArray[Any], colormap: float | Sequence[float] | NDArray[Any] = []
) -> Image:
    """Convert a LabelMap to a colored image."""

def LabelOverlay(
    image: Image | NDArray[Any],
    labelImage: Image | NDArray[Any],
    opacity: float = 0.5,
    backgroundValue: float = 0.0,
    colormap: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Apply a colormap to a label image and put it on top of the input image."""

def LabelSetDilate(
    image1: Image | NDArray[Any],
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
    useImageSpacing: bool = True,
) -> Image:
    """Proxy of C++ itk::simple::LabelSetDilateImageFilter class."""

def LabelSetErode(
    image1: Image | NDArray[Any],
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
    useImageSpacing: bool = True,
) -> Image:
    """Proxy of C++ itk::simple::LabelSetErodeImageFilter class."""

def LabelToRGB(
    image1: Image | NDArray[Any],
    backgroundValue: float = 0.0,
    colormap: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Apply a colormap to a label image."""

def LabelUniqueLabelMap(image1: Image | NDArray[Any], reverseOrdering: bool = False) -> Image:
    """Make sure that the objects are not overlapping."""

@overload
def LabelVoting(
    images: Sequence[Image | NDArray[Any]], labelForUndecidedPixels: float = ...
) -> Image:
    """This filter performs pixelwise voting among an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def LabelVoting(image1: Image | NDArray[Any], labelForUndecidedPixels: float = ...) -> Image:
    """This filter performs pixelwise voting among an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def LabelVoting(
    image1: Image | NDArray[Any], image2: Image | NDArray[Any], labelForUndecidedPixels: float = ...
) -> Image:
    """This filter performs pixelwise voting among an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def LabelVoting(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    labelForUndecidedPixels: float = ...,
) -> Image:
    """This filter performs pixelwise voting among an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def LabelVoting(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    labelForUndecidedPixels: float = ...,
) -> Image:
    """This filter performs pixelwise voting among an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def LabelVoting(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    image5: Image | NDArray[Any],
    labelForUndecidedPixels: float = ...,
) -> Image:
    """This filter performs pixelwise voting among an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

def LandweberDeconvolution(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    alpha: float = 0.1,
    numberOfIterations: float = 1,
    normalize: bool = False,
    boundaryCondition: float | str = "ZERO_FLUX_NEUMANN_PAD",
    outputRegionMode: float | str = "SAME",
) -> Image:
    """Deconvolve an image using the Landweber deconvolution algorithm."""

def Laplacian(image1: Image | NDArray[Any], useImageSpacing: bool = True) -> Image:
    """This filter computes the Laplacian of a scalar-valued image."""

def LaplacianRecursiveGaussian(
    image1: Image | NDArray[Any], sigma: float = 1.0, normalizeAcrossScale: bool = False
) -> Image:
    """Computes the Laplacian of Gaussian (LoG) of an image."""

def LaplacianSegmentationLevelSet(
    initialImage: Image | NDArray[Any],
    featureImage: Image | NDArray[Any],
    maximumRMSError: float = 0.02,
    propagationScaling: float = 1.0,
    curvatureScaling: float = 1.0,
    numberOfIterations: float = 1000,
    reverseExpansionDirection: bool = False,
) -> Image:
    """Segments structures in images based on a second derivative image features."""

def LaplacianSharpening(image1: Image | NDArray[Any], useImageSpacing: bool = True) -> Image:
    """This filter sharpens an image using a Laplacian."""

@overload
def Less(
    constant: float,
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def Less(
    image1: Image | NDArray[Any],
    constant: float,
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def Less(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def LessEqual(
    constant: float,
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def LessEqual(
    image1: Image | NDArray[Any],
    constant: float,
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def LessEqual(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def LiThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Li Threshold."""

@overload
def LiThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Li Threshold."""

def Log(image1: Image | NDArray[Any]) -> Image:
    """Computes the log() of each pixel."""

def Log10(image1: Image | NDArray[Any]) -> Image:
    """Computes the log10 of each pixel."""

@overload
def MagnitudeAndPhaseToComplex(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise conversion of magnitude and phase data into complex voxels."""

@overload
def MagnitudeAndPhaseToComplex(image1: Image | NDArray[Any], constant: float) -> Image:
    """Implements pixel-wise conversion of magnitude and phase data into complex voxels."""

@overload
def MagnitudeAndPhaseToComplex(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise conversion of magnitude and phase data into complex voxels."""

def Mask(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    outsideValue: float = 0,
    maskingValue: float = 0,
) -> Image:
    """Mask an image with a mask."""

def MaskNegated(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    outsideValue: float = 0,
    maskingValue: float = 0,
) -> Image:
    """Mask an image with the negation (or logical compliment) of a mask."""

@overload
def MaskedAssign(
    image: Image | NDArray[Any], maskImage: Image | NDArray[Any], assignConstant: float = 0
) -> Image:
    """Mask an image with a mask."""

@overload
def MaskedAssign(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    assignImage: Image | NDArray[Any],
    assignConstant: float = 0,
) -> Image:
    """Mask an image with a mask."""

def MaskedFFTNormalizedCorrelation(
    fixedImage: Image | NDArray[Any],
    movingImage: Image | NDArray[Any],
    fixedImageMask: Image | NDArray[Any],
    movingImageMask: Image | NDArray[Any],
    requiredNumberOfOverlappingPixels: float = 0,
    requiredFractionOfOverlappingPixels: float = 0.0,
) -> Image:
    """Calculate masked normalized cross correlation using FFTs."""

@overload
def Maximum(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Implements a pixel-wise operator Max(a,b) between two images."""

@overload
def Maximum(image1: Image | NDArray[Any], constant: float) -> Image:
    """Implements a pixel-wise operator Max(a,b) between two images."""

@overload
def Maximum(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Implements a pixel-wise operator Max(a,b) between two images."""

@overload
def MaximumEntropyThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the MaximumEntropy Threshold."""

@overload
def MaximumEntropyThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the MaximumEntropy Threshold."""

def MaximumProjection(image1: Image | NDArray[Any], projectionDimension: float = 0) -> Image:
    """Maximum projection."""

def Mean(
    image1: Image | NDArray[Any], radius: float | Sequence[float] | NDArray[Any] = 1.0
) -> Image:
    """Applies an averaging filter to an image."""

def MeanProjection(image1: Image | NDArray[Any], projectionDimension: float = 0) -> Image:
    """Mean projection."""

def Median(
    image1: Image | NDArray[Any], radius: float | Sequence[float] | NDArray[Any] = 1.0
) -> Image:
    """Applies a median filter to an image."""

def MedianProjection(image1: Image | NDArray[Any], projectionDimension: float = 0) -> Image:
    """Median projection."""

@overload
def MergeLabelMap(images: Sequence[Image | NDArray[Any]], method: float | str = "Keep") -> Image:
    """Merges several Label Maps."""

@overload
def MergeLabelMap(image1: Image | NDArray[Any], method: float | str = "Keep") -> Image:
    """Merges several Label Maps."""

@overload
def MergeLabelMap(
    image1: Image | NDArray[Any], image2: Image | NDArray[Any], method: float | str = "Keep"
) -> Image:
    """Merges several Label Maps."""

@overload
def MergeLabelMap(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    method: float | str = "Keep",
) -> Image:
    """Merges several Label Maps."""

@overload
def MergeLabelMap(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    method: float | str = "Keep",
) -> Image:
    """Merges several Label Maps."""

@overload
def MergeLabelMap(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    image5: Image | NDArray[Any],
    method: float | str = "Keep",
) -> Image:
    """Merges several Label Maps."""

def MinMaxCurvatureFlow(
    image1: Image | NDArray[Any],
    timeStep: float = 0.05,
    numberOfIterations: float = 5,
    stencilRadius: float = 2,
) -> Image:
    """Denoise an image using min/max curvature flow."""

@overload
def Minimum(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Implements a pixel-wise operator Min(a,b) between two images."""

@overload
def Minimum(image1: Image | NDArray[Any], constant: float) -> Image:
    """Implements a pixel-wise operator Min(a,b) between two images."""

@overload
def Minimum(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Implements a pixel-wise operator Min(a,b) between two images."""

def MinimumMaximum(image: Image | NDArray[Any]) -> list[float]:
    """Computes the minimum and the maximum intensity values of an image."""

def MinimumProjection(image1: Image | NDArray[Any], projectionDimension: float = 0) -> Image:
    """Minimum projection."""

def MirrorPad(
    image1: Image | NDArray[Any],
    padLowerBound: float | Sequence[float] | NDArray[Any] = 0.0,
    padUpperBound: float | Sequence[float] | NDArray[Any] = 0.0,
    decayBase: float = 1.0,
) -> Image:
    """Increase the image size by padding with replicants of the input image value."""

@overload
def Modulus(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Computes the modulus (x % dividend) pixel-wise."""

@overload
def Modulus(image1: Image | NDArray[Any], constant: float) -> Image:
    """Computes the modulus (x % dividend) pixel-wise."""

@overload
def Modulus(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Computes the modulus (x % dividend) pixel-wise."""

@overload
def MomentsThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Moments Threshold."""

@overload
def MomentsThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Moments Threshold."""

def MorphologicalGradient(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
) -> Image:
    """Compute the gradient of a grayscale image."""

def MorphologicalWatershed(
    image1: Image | NDArray[Any],
    level: float = 0.0,
    markWatershedLine: bool = True,
    fullyConnected: bool = False,
) -> Image:
    """Watershed segmentation implementation with morphological operators."""

def MorphologicalWatershedFromMarkers(
    image: Image | NDArray[Any],
    markerImage: Image | NDArray[Any],
    markWatershedLine: bool = True,
    fullyConnected: bool = False,
) -> Image:
    """Morphological watershed transform from markers."""

@overload
def MultiLabelSTAPLE(
    images: Sequence[Image | NDArray[Any]],
    labelForUndecidedPixels: float = ...,
    terminationUpdateThreshold: float = 1e-05,
    maximumNumberOfIterations: float = 4294967295.0,
    priorProbabilities: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """This filter performs a pixelwise combination of an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def MultiLabelSTAPLE(
    image1: Image | NDArray[Any],
    labelForUndecidedPixels: float = ...,
    terminationUpdateThreshold: float = 1e-05,
    maximumNumberOfIterations: float = 4294967295.0,
    priorProbabilities: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """This filter performs a pixelwise combination of an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def MultiLabelSTAPLE(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    labelForUndecidedPixels: float = ...,
    terminationUpdateThreshold: float = 1e-05,
    maximumNumberOfIterations: float = 4294967295.0,
    priorProbabilities: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """This filter performs a pixelwise combination of an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def MultiLabelSTAPLE(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    labelForUndecidedPixels: float = ...,
    terminationUpdateThreshold: float = 1e-05,
    maximumNumberOfIterations: float = 4294967295.0,
    priorProbabilities: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """This filter performs a pixelwise combination of an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def MultiLabelSTAPLE(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    labelForUndecidedPixels: float = ...,
    terminationUpdateThreshold: float = 1e-05,
    maximumNumberOfIterations: float = 4294967295.0,
    priorProbabilities: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """This filter performs a pixelwise combination of an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def MultiLabelSTAPLE(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    image5: Image | NDArray[Any],
    labelForUndecidedPixels: float = ...,
    terminationUpdateThreshold: float = 1e-05,
    maximumNumberOfIterations: float = 4294967295.0,
    priorProbabilities: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """This filter performs a pixelwise combination of an arbitrary number of input images, where each of them represents a segmentation of the same scene (i.e., image)."""

@overload
def Multiply(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Pixel-wise multiplication of two images."""

@overload
def Multiply(image1: Image | NDArray[Any], constant: float) -> Image:
    """Pixel-wise multiplication of two images."""

@overload
def Multiply(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Pixel-wise multiplication of two images."""

@overload
def N4BiasFieldCorrection(
    image: Image | NDArray[Any],
    convergenceThreshold: float = 0.001,
    maximumNumberOfIterations: float | Sequence[float] | NDArray[Any] = 50.0,
    biasFieldFullWidthAtHalfMaximum: float = 0.15,
    wienerFilterNoise: float = 0.01,
    numberOfHistogramBins: float = 200,
    numberOfControlPoints: float | Sequence[float] | NDArray[Any] = 4.0,
    splineOrder: float = 3,
    useMaskLabel: bool = True,
    maskLabel: float = 1,
) -> Image:
    """Implementation of the N4 bias field correction algorithm."""

@overload
def N4BiasFieldCorrection(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    convergenceThreshold: float = 0.001,
    maximumNumberOfIterations: float | Sequence[float] | NDArray[Any] = 50.0,
    biasFieldFullWidthAtHalfMaximum: float = 0.15,
    wienerFilterNoise: float = 0.01,
    numberOfHistogramBins: float = 200,
    numberOfControlPoints: float | Sequence[float] | NDArray[Any] = 4.0,
    splineOrder: float = 3,
    useMaskLabel: bool = True,
    maskLabel: float = 1,
) -> Image:
    """Implementation of the N4 bias field correction algorithm."""

@overload
def NaryAdd(images: Sequence[Image | NDArray[Any]]) -> Image:
    """Pixel-wise addition of N images."""

@overload
def NaryAdd(image1: Image | NDArray[Any]) -> Image:
    """Pixel-wise addition of N images."""

@overload
def NaryAdd(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Pixel-wise addition of N images."""

@overload
def NaryAdd(
    image1: Image | NDArray[Any], image2: Image | NDArray[Any], image3: Image | NDArray[Any]
) -> Image:
    """Pixel-wise addition of N images."""

@overload
def NaryAdd(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
) -> Image:
    """Pixel-wise addition of N images."""

@overload
def NaryAdd(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    image5: Image | NDArray[Any],
) -> Image:
    """Pixel-wise addition of N images."""

@overload
def NaryMaximum(images: Sequence[Image | NDArray[Any]]) -> Image:
    """Computes the pixel-wise maximum of several images."""

@overload
def NaryMaximum(image1: Image | NDArray[Any]) -> Image:
    """Computes the pixel-wise maximum of several images."""

@overload
def NaryMaximum(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Computes the pixel-wise maximum of several images."""

@overload
def NaryMaximum(
    image1: Image | NDArray[Any], image2: Image | NDArray[Any], image3: Image | NDArray[Any]
) -> Image:
    """Computes the pixel-wise maximum of several images."""

@overload
def NaryMaximum(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
) -> Image:
    """Computes the pixel-wise maximum of several images."""

@overload
def NaryMaximum(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    image5: Image | NDArray[Any],
) -> Image:
    """Computes the pixel-wise maximum of several images."""

def NeighborhoodConnected(
    image1: Image | NDArray[Any],
    seedList: Sequence[float] | Sequence[Sequence[float]] = [],
    lower: float = 0,
    upper: float = 1,
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
    replaceValue: float = 1,
) -> Image:
    """Label pixels that are connected to a seed and lie within a neighborhood."""

def Noise(
    image1: Image | NDArray[Any], radius: float | Sequence[float] | NDArray[Any] = 1.0
) -> Image:
    """Calculate the local noise in an image."""

def Normalize(image1: Image | NDArray[Any]) -> Image:
    """Normalize an image by setting its mean to zero and variance to one."""

def NormalizeToConstant(image1: Image | NDArray[Any], constant: float = 1.0) -> Image:
    """Scales image pixel intensities to make the sum of all pixels equal a user-defined constant."""

def NormalizedCorrelation(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    templateImage: Image | NDArray[Any],
) -> Image:
    """Computes the normalized correlation of an image and a template."""

def Not(image1: Image | NDArray[Any]) -> Image:
    """Implements the NOT logical operator pixel-wise on an image."""

@overload
def NotEqual(
    constant: float,
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def NotEqual(
    image1: Image | NDArray[Any],
    constant: float,
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

@overload
def NotEqual(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    backgroundValue: float = 0,
    foregroundValue: float = 1,
) -> Image:
    """Implements pixel-wise generic operation of two images, or of an image and a constant."""

def ObjectnessMeasure(
    image1: Image | NDArray[Any],
    alpha: float = 0.5,
    beta: float = 0.5,
    gamma: float = 5.0,
    scaleObjectnessMeasure: bool = True,
    objectDimension: float = 1,
    brightObject: bool = True,
) -> Image:
    """Enhance M-dimensional objects in N-dimensional images."""

def OpeningByReconstruction(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    fullyConnected: bool = False,
    preserveIntensities: bool = False,
) -> Image:
    """Opening by reconstruction of an image."""

@overload
def Or(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Implements the OR bitwise operator pixel-wise between two images."""

@overload
def Or(image1: Image | NDArray[Any], constant: float) -> Image:
    """Implements the OR bitwise operator pixel-wise between two images."""

@overload
def Or(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Implements the OR bitwise operator pixel-wise between two images."""

def OtsuMultipleThresholds(
    image1: Image | NDArray[Any],
    numberOfThresholds: float = 1,
    labelOffset: float = 0,
    numberOfHistogramBins: float = 128,
    valleyEmphasis: bool = False,
    returnBinMidpoint: bool = False,
) -> Image:
    """Threshold an image using multiple Otsu Thresholds."""

@overload
def OtsuThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 128,
    maskOutput: bool = True,
    maskValue: float = 255,
    returnBinMidpoint: bool = False,
) -> Image:
    """Threshold an image using the Otsu Threshold."""

@overload
def OtsuThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 128,
    maskOutput: bool = True,
    maskValue: float = 255,
    returnBinMidpoint: bool = False,
) -> Image:
    """Threshold an image using the Otsu Threshold."""

def Paste(
    destinationImage: Image | NDArray[Any],
    sourceImage: Image | NDArray[Any],
    sourceSize: float | Sequence[float] | NDArray[Any] = 1.0,
    sourceIndex: float | Sequence[float] | NDArray[Any] = 0.0,
    destinationIndex: float | Sequence[float] | NDArray[Any] = 0.0,
    DestinationSkipAxes: Sequence[bool] = [],
) -> Image:
    """Paste an image (or a constant value) into another image."""

@overload
def PatchBasedDenoising(
    image1: Image | NDArray[Any],
    kernelBandwidthSigma: float = 400.0,
    patchRadius: float = 4,
    numberOfIterations: float = 1,
    numberOfSamplePatches: float = 200,
    sampleVariance: float = 400.0,
) -> Image:
    """Derived class implementing a specific patch-based denoising algorithm, as detailed below."""

@overload
def PatchBasedDenoising(
    image1: Image | NDArray[Any],
    noiseModel: float | str,
    kernelBandwidthSigma: float = 400.0,
    patchRadius: float = 4,
    numberOfIterations: float = 1,
    numberOfSamplePatches: float = 200,
    sampleVariance: float = 400.0,
    noiseSigma: float = 0.0,
    noiseModelFidelityWeight: float = 0.0,
) -> Image:
    """Derived class implementing a specific patch-based denoising algorithm, as detailed below."""

def PermuteAxes(
    image1: Image | NDArray[Any], order: float | Sequence[float] | NDArray[Any] = ...
) -> Image:
    """Permutes the image axes according to a user specified order."""

def PhysicalPointSource(
    outputPixelType: float | str = "sitkVectorFloat32",
    size: float | Sequence[float] | NDArray[Any] = 64.0,
    origin: float | Sequence[float] | NDArray[Any] = 0.0,
    spacing: float | Sequence[float] | NDArray[Any] = 1.0,
    direction: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Generate an image of the physical locations of each pixel."""

@overload
def Pow(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Computes the powers of 2 images."""

@overload
def Pow(image1: Image | NDArray[Any], constant: float) -> Image:
    """Computes the powers of 2 images."""

@overload
def Pow(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Computes the powers of 2 images."""

def ProjectedLandweberDeconvolution(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    alpha: float = 0.1,
    numberOfIterations: float = 1,
    normalize: bool = False,
    boundaryCondition: float | str = "ZERO_FLUX_NEUMANN_PAD",
    outputRegionMode: float | str = "SAME",
) -> Image:
    """Deconvolve an image using the projected Landweber deconvolution algorithm."""

def Rank(
    image1: Image | NDArray[Any],
    rank: float = 0.5,
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBox",
) -> Image:
    """Rank filter of a greyscale image."""

def RealAndImaginaryToComplex(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """ComposeImageFilter combine several scalar images into a multicomponent image."""

def RealToHalfHermitianForwardFFT(image1: Image | NDArray[Any]) -> Image:
    """Base class for specialized real-to-complex forward Fast Fourier Transform ."""

def ReconstructionByDilation(
    markerImage: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    fullyConnected: bool = False,
    useInternalCopy: bool = True,
) -> Image:
    """grayscale reconstruction by dilation of an image"""

def ReconstructionByErosion(
    markerImage: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    fullyConnected: bool = False,
    useInternalCopy: bool = True,
) -> Image:
    """grayscale reconstruction by erosion of an image"""

def RecursiveGaussian(
    image1: Image | NDArray[Any],
    sigma: float = 1.0,
    normalizeAcrossScale: bool = False,
    order: float | str = "ZeroOrder",
    direction: float = 0,
) -> Image:
    """Base class for computing IIR convolution with an approximation of a Gaussian kernel."""

def RegionOfInterest(
    image1: Image | NDArray[Any],
    size: float | Sequence[float] | NDArray[Any] = 1.0,
    index: float | Sequence[float] | NDArray[Any] = 0.0,
) -> Image:
    """Extract a region of interest from the input image."""

def RegionalMaxima(
    image1: Image | NDArray[Any],
    backgroundValue: float = 0.0,
    foregroundValue: float = 1.0,
    fullyConnected: bool = False,
    flatIsMaxima: bool = True,
) -> Image:
    """Produce a binary image where foreground is the regional maxima of the input image."""

def RegionalMinima(
    image1: Image | NDArray[Any],
    backgroundValue: float = 0.0,
    foregroundValue: float = 1.0,
    fullyConnected: bool = False,
    flatIsMinima: bool = True,
) -> Image:
    """Produce a binary image where foreground is the regional minima of the input image."""

def ReinitializeLevelSet(
    image1: Image | NDArray[Any],
    levelSetValue: float = 0.0,
    narrowBanding: bool = False,
    inputNarrowBandwidth: float = 12.0,
    outputNarrowBandwidth: float = 12.0,
) -> Image:
    """Proxy of C++ itk::simple::ReinitializeLevelSetImageFilter class."""

def RelabelComponent(
    image1: Image | NDArray[Any], minimumObjectSize: float = 0, sortByObjectSize: bool = True
) -> Image:
    """Relabel the components in an image such that consecutive labels are used."""

def RelabelLabelMap(image1: Image | NDArray[Any], reverseOrdering: bool = True) -> Image:
    """This filter relabels the LabelObjects; the new labels are arranged consecutively with consideration for the background value."""

@overload
def RenyiEntropyThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the RenyiEntropy Threshold."""

@overload
def RenyiEntropyThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the RenyiEntropy Threshold."""

@overload
def Resample(
    image1: Image | NDArray[Any],
    size: float | Sequence[float] | NDArray[Any],
    transform: Sequence[float] | NDArray[Any] = [],
    interpolator: float | str = "sitkLinear",
    outputOrigin: float | Sequence[float] | NDArray[Any] = 0.0,
    outputSpacing: float | Sequence[float] | NDArray[Any] = 1.0,
    outputDirection: float | Sequence[float] | NDArray[Any] = [],
    defaultPixelValue: float = 0.0,
    outputPixelType: float | str = "sitkUnknown",
    useNearestNeighborExtrapolator: bool = False,
) -> Image:
    """Resample an image via a coordinate transform."""

@overload
def Resample(
    image1: Image | NDArray[Any],
    transform: Sequence[float] | NDArray[Any] = [],
    interpolator: float | str = "sitkLinear",
    defaultPixelValue: float = 0.0,
    outputPixelType: float | str = "sitkUnknown",
    useNearestNeighborExtrapolator: bool = False,
) -> Image:
    """Resample an image via a coordinate transform."""

@overload
def Resample(
    image1: Image | NDArray[Any],
    referenceImage: Image | NDArray[Any],
    transform: Sequence[float] | NDArray[Any] = [],
    interpolator: float | str = "sitkLinear",
    defaultPixelValue: float = 0.0,
    outputPixelType: float | str = "sitkUnknown",
    useNearestNeighborExtrapolator: bool = False,
) -> Image:
    """Resample an image via a coordinate transform."""

def RescaleIntensity(
    image1: Image | NDArray[Any], outputMinimum: float = 0, outputMaximum: float = 255
) -> Image:
    """Applies a linear transformation to the intensity levels of the input Image ."""

def RichardsonLucyDeconvolution(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    numberOfIterations: float = 1,
    normalize: bool = False,
    boundaryCondition: float | str = "ZERO_FLUX_NEUMANN_PAD",
    outputRegionMode: float | str = "SAME",
) -> Image:
    """Deconvolve an image using the Richardson-Lucy deconvolution algorithm."""

def Round(image1: Image | NDArray[Any]) -> Image:
    """Rounds the value of each pixel."""

def SLIC(
    image1: Image | NDArray[Any],
    superGridSize: float | Sequence[float] | NDArray[Any] = 50.0,
    spatialProximityWeight: float = 10.0,
    maximumNumberOfIterations: float = 5,
    enforceConnectivity: bool = True,
    initializationPerturbation: bool = True,
) -> Image:
    """Simple Linear Iterative Clustering (SLIC) super-pixel segmentation."""

@overload
def STAPLE(
    images: Sequence[Image | NDArray[Any]],
    confidenceWeight: float = 1.0,
    foregroundValue: float = 1.0,
    maximumIterations: float = 4294967295.0,
) -> Image:
    """The STAPLE filter implements the Simultaneous Truth and Performance Level Estimation algorithm for generating ground truth volumes from a set of binary expert segmentations."""

@overload
def STAPLE(
    image1: Image | NDArray[Any],
    confidenceWeight: float = 1.0,
    foregroundValue: float = 1.0,
    maximumIterations: float = 4294967295.0,
) -> Image:
    """The STAPLE filter implements the Simultaneous Truth and Performance Level Estimation algorithm for generating ground truth volumes from a set of binary expert segmentations."""

@overload
def STAPLE(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    confidenceWeight: float = 1.0,
    foregroundValue: float = 1.0,
    maximumIterations: float = 4294967295.0,
) -> Image:
    """The STAPLE filter implements the Simultaneous Truth and Performance Level Estimation algorithm for generating ground truth volumes from a set of binary expert segmentations."""

@overload
def STAPLE(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    confidenceWeight: float = 1.0,
    foregroundValue: float = 1.0,
    maximumIterations: float = 4294967295.0,
) -> Image:
    """The STAPLE filter implements the Simultaneous Truth and Performance Level Estimation algorithm for generating ground truth volumes from a set of binary expert segmentations."""

@overload
def STAPLE(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    confidenceWeight: float = 1.0,
    foregroundValue: float = 1.0,
    maximumIterations: float = 4294967295.0,
) -> Image:
    """The STAPLE filter implements the Simultaneous Truth and Performance Level Estimation algorithm for generating ground truth volumes from a set of binary expert segmentations."""

@overload
def STAPLE(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    image5: Image | NDArray[Any],
    confidenceWeight: float = 1.0,
    foregroundValue: float = 1.0,
    maximumIterations: float = 4294967295.0,
) -> Image:
    """The STAPLE filter implements the Simultaneous Truth and Performance Level Estimation algorithm for generating ground truth volumes from a set of binary expert segmentations."""

@overload
def SaltAndPepperNoise(image1: Image | NDArray[Any], probability: float = 0.01) -> Image:
    """Alter an image with fixed value impulse noise, often called salt and pepper noise."""

@overload
def SaltAndPepperNoise(image1: Image | NDArray[Any], probability: float, seed: float) -> Image:
    """Alter an image with fixed value impulse noise, often called salt and pepper noise."""

def ScalarChanAndVeseDenseLevelSet(
    initialImage: Image | NDArray[Any],
    featureImage: Image | NDArray[Any],
    maximumRMSError: float = 0.02,
    numberOfIterations: float = 1000,
    lambda1: float = 1.0,
    lambda2: float = 1.0,
    epsilon: float = 1.0,
    curvatureWeight: float = 1.0,
    areaWeight: float = 0.0,
    reinitializationSmoothingWeight: float = 0.0,
    volume: float = 0.0,
    volumeMatchingWeight: float = 0.0,
    heavisideStepFunction: float | str = "AtanRegularizedHeaviside",
    useImageSpacing: bool = True,
) -> Image:
    """Dense implementation of the Chan and Vese multiphase level set image filter."""

@overload
def ScalarConnectedComponent(
    image: Image | NDArray[Any], distanceThreshold: float = 0.0, fullyConnected: bool = False
) -> Image:
    """A connected components filter that labels the objects in an arbitrary image."""

@overload
def ScalarConnectedComponent(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    distanceThreshold: float = 0.0,
    fullyConnected: bool = False,
) -> Image:
    """A connected components filter that labels the objects in an arbitrary image."""

def ScalarImageKmeans(
    image1: Image | NDArray[Any],
    classWithInitialMean: float | Sequence[float] | NDArray[Any] = [],
    useNonContiguousLabels: bool = False,
) -> Image:
    """Classifies the intensity values of a scalar image using the K-Means algorithm."""

def ScalarToRGBColormap(
    image1: Image | NDArray[Any],
    colormap: float | str = "Grey",
    useInputImageExtremaForScaling: bool = True,
) -> Image:
    """Implements pixel-wise intensity->rgb mapping operation on one image."""

@overload
def ShanbhagThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Shanbhag Threshold."""

@overload
def ShanbhagThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Shanbhag Threshold."""

def ShapeDetectionLevelSet(
    initialImage: Image | NDArray[Any],
    featureImage: Image | NDArray[Any],
    maximumRMSError: float = 0.02,
    propagationScaling: float = 1.0,
    curvatureScaling: float = 1.0,
    numberOfIterations: float = 1000,
    reverseExpansionDirection: bool = False,
) -> Image:
    """Segments structures in images based on a user supplied edge potential map."""

def ShiftScale(
    image1: Image | NDArray[Any],
    shift: float = 0,
    scale: float = 1.0,
    outputPixelType: float | str = "sitkUnknown",
) -> Image:
    """Shift and scale the pixels in an image."""

@overload
def ShotNoise(image1: Image | NDArray[Any], scale: float = 1.0) -> Image:
    """Alter an image with shot noise."""

@overload
def ShotNoise(image1: Image | NDArray[Any], scale: float, seed: float) -> Image:
    """Alter an image with shot noise."""

def Shrink(
    image1: Image | NDArray[Any], shrinkFactors: float | Sequence[float] | NDArray[Any] = 1.0
) -> Image:
    """Reduce the size of an image by an integer factor in each dimension."""

def Sigmoid(
    image1: Image | NDArray[Any],
    alpha: float = 1,
    beta: float = 0,
    outputMaximum: float = 255,
    outputMinimum: float = 0,
) -> Image:
    """Computes the sigmoid function pixel-wise."""

def SignedDanielssonDistanceMap(
    image1: Image | NDArray[Any],
    insideIsPositive: bool = False,
    squaredDistance: bool = False,
    useImageSpacing: bool = False,
) -> Image:
    """This filter computes the signed distance map of the input image as an approximation with pixel accuracy to the Euclidean distance."""

def SignedMaurerDistanceMap(
    image1: Image | NDArray[Any],
    insideIsPositive: bool = False,
    squaredDistance: bool = True,
    useImageSpacing: bool = False,
    backgroundValue: float = 0.0,
) -> Image:
    """This filter calculates the Euclidean distance transform of a binary image in linear time for arbitrary dimensions."""

def SimpleContourExtractor(
    image1: Image | NDArray[Any],
    inputForegroundValue: float = 1.0,
    inputBackgroundValue: float = 0.0,
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
    outputForegroundValue: float = 1.0,
    outputBackgroundValue: float = 0.0,
) -> Image:
    """Computes an image of contours which will be the contour of the first image."""

def Sin(image1: Image | NDArray[Any]) -> Image:
    """Computes the sine of each pixel."""

def Slice(
    image1: Image | NDArray[Any],
    start: float | Sequence[float] | NDArray[Any] = 0.0,
    stop: float | Sequence[float] | NDArray[Any] = ...,
    step: float | Sequence[float] | NDArray[Any] = 1.0,
) -> Image:
    """Slices an image based on a starting index and a stopping index, and a step size."""

def SmoothingRecursiveGaussian(
    image1: Image | NDArray[Any],
    sigma: float | Sequence[float] | NDArray[Any] = [1, 1, 1],
    normalizeAcrossScale: bool = False,
) -> Image:
    """Computes the smoothing of an image by convolution with the Gaussian kernels implemented as IIR filters."""

def SobelEdgeDetection(image1: Image | NDArray[Any]) -> Image:
    """A 2D or 3D edge detection using the Sobel operator."""

@overload
def SpeckleNoise(image1: Image | NDArray[Any], standardDeviation: float = 1.0) -> Image:
    """Alter an image with speckle (multiplicative) noise."""

@overload
def SpeckleNoise(image1: Image | NDArray[Any], standardDeviation: float, seed: float) -> Image:
    """Alter an image with speckle (multiplicative) noise."""

def Sqrt(image1: Image | NDArray[Any]) -> Image:
    """Computes the square root of each pixel."""

def Square(image1: Image | NDArray[Any]) -> Image:
    """Computes the square of the intensity values pixel-wise."""

@overload
def SquaredDifference(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise the computation of squared difference."""

@overload
def SquaredDifference(image1: Image | NDArray[Any], constant: float) -> Image:
    """Implements pixel-wise the computation of squared difference."""

@overload
def SquaredDifference(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise the computation of squared difference."""

def StandardDeviationProjection(
    image1: Image | NDArray[Any], projectionDimension: float = 0
) -> Image:
    """Mean projection."""

def Statistics(image: Image | NDArray[Any]) -> list[float]:
    """Minimum, maximum, mean, standard deviation, variance, sum and count of the voxels."""

@overload
def StochasticFractalDimension(
    image: Image | NDArray[Any], neighborhoodRadius: float | Sequence[float] | NDArray[Any] = 2.0
) -> Image:
    """This filter computes the stochastic fractal dimension of the input image."""

@overload
def StochasticFractalDimension(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    neighborhoodRadius: float | Sequence[float] | NDArray[Any] = 2.0,
) -> Image:
    """This filter computes the stochastic fractal dimension of the input image."""

@overload
def Subtract(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Pixel-wise subtraction of two images."""

@overload
def Subtract(image1: Image | NDArray[Any], constant: float) -> Image:
    """Pixel-wise subtraction of two images."""

@overload
def Subtract(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Pixel-wise subtraction of two images."""

def SumProjection(image1: Image | NDArray[Any], projectionDimension: float = 0) -> Image:
    """Sum projection."""

def Tan(image1: Image | NDArray[Any]) -> Image:
    """Computes the tangent of each input pixel."""

def TernaryAdd(
    image1: Image | NDArray[Any], image2: Image | NDArray[Any], image3: Image | NDArray[Any]
) -> Image:
    """Pixel-wise addition of three images."""

def TernaryMagnitude(
    image1: Image | NDArray[Any], image2: Image | NDArray[Any], image3: Image | NDArray[Any]
) -> Image:
    """Compute the pixel-wise magnitude of three images."""

def TernaryMagnitudeSquared(
    image1: Image | NDArray[Any], image2: Image | NDArray[Any], image3: Image | NDArray[Any]
) -> Image:
    """Compute the pixel-wise squared magnitude of three images."""

def Threshold(
    image1: Image | NDArray[Any], lower: float = 0.0, upper: float = 1.0, outsideValue: float = 0.0
) -> Image:
    """Set image values to a user-specified value if they are below, above, or outside threshold values."""

def ThresholdMaximumConnectedComponents(
    image1: Image | NDArray[Any],
    minimumObjectSizeInPixels: float = 0,
    upperBoundary: float = 1.7976931348623157e308,
    insideValue: float = 1,
    outsideValue: float = 0,
) -> Image:
    """Finds the threshold value of an image based on maximizing the number of objects in the image that are larger than a given minimal size."""

def ThresholdSegmentationLevelSet(
    initialImage: Image | NDArray[Any],
    featureImage: Image | NDArray[Any],
    lowerThreshold: float = 0.0,
    upperThreshold: float = 255.0,
    maximumRMSError: float = 0.02,
    propagationScaling: float = 1.0,
    curvatureScaling: float = 1.0,
    numberOfIterations: float = 1000,
    reverseExpansionDirection: bool = False,
) -> Image:
    """Segments structures in images based on intensity values."""

def TikhonovDeconvolution(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    regularizationConstant: float = 0.0,
    normalize: bool = False,
    boundaryCondition: float | str = "ZERO_FLUX_NEUMANN_PAD",
    outputRegionMode: float | str = "SAME",
) -> Image:
    """An inverse deconvolution filter regularized in the Tikhonov sense."""

@overload
def Tile(
    images: Sequence[Image | NDArray[Any]],
    layout: float | Sequence[float] | NDArray[Any] = 100.0,
    defaultPixelValue: float = 0.0,
) -> Image:
    """Tile multiple input images into a single output image."""

@overload
def Tile(
    image1: Image | NDArray[Any],
    layout: float | Sequence[float] | NDArray[Any] = 100.0,
    defaultPixelValue: float = 0.0,
) -> Image:
    """Tile multiple input images into a single output image."""

@overload
def Tile(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    layout: float | Sequence[float] | NDArray[Any] = 100.0,
    defaultPixelValue: float = 0.0,
) -> Image:
    """Tile multiple input images into a single output image."""

@overload
def Tile(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    layout: float | Sequence[float] | NDArray[Any] = 100.0,
    defaultPixelValue: float = 0.0,
) -> Image:
    """Tile multiple input images into a single output image."""

@overload
def Tile(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    layout: float | Sequence[float] | NDArray[Any] = 100.0,
    defaultPixelValue: float = 0.0,
) -> Image:
    """Tile multiple input images into a single output image."""

@overload
def Tile(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    image3: Image | NDArray[Any],
    image4: Image | NDArray[Any],
    image5: Image | NDArray[Any],
    layout: float | Sequence[float] | NDArray[Any] = 100.0,
    defaultPixelValue: float = 0.0,
) -> Image:
    """Tile multiple input images into a single output image."""

def Toboggan(image1: Image | NDArray[Any]) -> Image:
    """toboggan image segmentation The Toboggan segmentation takes a gradient magnitude image as input and produces an (over-)segmentation of the image based on connecting each pixel to a local minimum of gradient."""

def TransformGeometry(
    image: Image | NDArray[Any], transform: Sequence[float] | NDArray[Any]
) -> Image:
    """Modify an image's geometric meta-data, changing its "physical" extent."""

def TransformToDisplacementField(
    transform: Sequence[float] | NDArray[Any],
    outputPixelType: float | str = "sitkVectorFloat64",
    size: float | Sequence[float] | NDArray[Any] = 64.0,
    outputOrigin: float | Sequence[float] | NDArray[Any] = 0.0,
    outputSpacing: float | Sequence[float] | NDArray[Any] = 1.0,
    outputDirection: float | Sequence[float] | NDArray[Any] = [],
) -> Image:
    """Generate a displacement field from a coordinate transform."""

@overload
def TriangleThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Triangle Threshold."""

@overload
def TriangleThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Triangle Threshold."""

def UnaryMinus(image1: Image | NDArray[Any]) -> Image:
    """Implements pixel-wise generic operation on one image."""

def UnsharpMask(
    image1: Image | NDArray[Any],
    sigmas: float | Sequence[float] | NDArray[Any] = 1.0,
    amount: float = 0.5,
    threshold: float = 0.0,
    clamp: bool = True,
) -> Image:
    """Edge enhancement filter."""

def ValuedRegionalMaxima(image1: Image | NDArray[Any], fullyConnected: bool = False) -> Image:
    """Transforms the image so that any pixel that is not a regional maxima is set to the minimum value for the pixel type."""

def ValuedRegionalMinima(image1: Image | NDArray[Any], fullyConnected: bool = False) -> Image:
    """Transforms the image so that any pixel that is not a regional minima is set to the maximum value for the pixel type."""

def VectorConfidenceConnected(
    image1: Image | NDArray[Any],
    seedList: Sequence[float] | Sequence[Sequence[float]] = [],
    numberOfIterations: float = 4,
    multiplier: float = 4.5,
    initialNeighborhoodRadius: float = 1,
    replaceValue: float = 1,
) -> Image:
    """Segment pixels with similar statistics using connectivity."""

def VectorConnectedComponent(
    image1: Image | NDArray[Any], distanceThreshold: float = 1.0, fullyConnected: bool = False
) -> Image:
    """A connected components filter that labels the objects in a vector image."""

def VectorIndexSelectionCast(
    image1: Image | NDArray[Any], index: float = 0, outputPixelType: float | str = "sitkUnknown"
) -> Image:
    """Extracts the selected index of the vector that is the input pixel type."""

def VectorMagnitude(image1: Image | NDArray[Any]) -> Image:
    """Take an image of vectors as input and produce an image with the magnitude of those vectors."""

def VotingBinary(
    image1: Image | NDArray[Any],
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
    birthThreshold: float = 1,
    survivalThreshold: float = 1,
    foregroundValue: float = 1.0,
    backgroundValue: float = 0.0,
) -> Image:
    """Applies a voting operation in a neighborhood of each pixel."""

def VotingBinaryHoleFilling(
    image1: Image | NDArray[Any],
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
    majorityThreshold: float = 1,
    foregroundValue: float = 1.0,
    backgroundValue: float = 0.0,
) -> Image:
    """Fills in holes and cavities by applying a voting operation on each pixel."""

def VotingBinaryIterativeHoleFilling(
    image1: Image | NDArray[Any],
    radius: float | Sequence[float] | NDArray[Any] = 1.0,
    maximumNumberOfIterations: float = 10,
    majorityThreshold: float = 1,
    foregroundValue: float = 1.0,
    backgroundValue: float = 0.0,
) -> Image:
    """Fills in holes and cavities by iteratively applying a voting operation."""

def Warp(
    image: Image | NDArray[Any],
    displacementField: Image | NDArray[Any],
    interpolator: float | str = "sitkLinear",
    outputSize: float | Sequence[float] | NDArray[Any] = 0.0,
    outputOrigin: float | Sequence[float] | NDArray[Any] = 0.0,
    outputSpacing: float | Sequence[float] | NDArray[Any] = 1.0,
    outputDirection: float | Sequence[float] | NDArray[Any] = [],
    edgePaddingValue: float = 0.0,
) -> Image:
    """Warps an image using an input displacement field."""

def WhiteTopHat(
    image1: Image | NDArray[Any],
    kernelRadius: float | Sequence[float] | NDArray[Any] = 1.0,
    kernelType: float | str = "sitkBall",
    safeBorder: bool = True,
) -> Image:
    """White top hat extracts local maxima that are larger than the structuring element."""

def WienerDeconvolution(
    image1: Image | NDArray[Any],
    image2: Image | NDArray[Any],
    noiseVariance: float = 0.0,
    normalize: bool = False,
    boundaryCondition: float | str = "ZERO_FLUX_NEUMANN_PAD",
    outputRegionMode: float | str = "SAME",
) -> Image:
    """The Wiener deconvolution image filter is designed to restore an image convolved with a blurring kernel while keeping noise enhancement to a minimum."""

def WrapPad(
    image1: Image | NDArray[Any],
    padLowerBound: float | Sequence[float] | NDArray[Any] = 0.0,
    padUpperBound: float | Sequence[float] | NDArray[Any] = 0.0,
) -> Image:
    """Increase the image size by padding with replicants of the input image value."""

@overload
def Xor(constant: float, image2: Image | NDArray[Any]) -> Image:
    """Computes the XOR bitwise operator pixel-wise between two images."""

@overload
def Xor(image1: Image | NDArray[Any], constant: float) -> Image:
    """Computes the XOR bitwise operator pixel-wise between two images."""

@overload
def Xor(image1: Image | NDArray[Any], image2: Image | NDArray[Any]) -> Image:
    """Computes the XOR bitwise operator pixel-wise between two images."""

@overload
def YenThreshold(
    image: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Yen Threshold."""

@overload
def YenThreshold(
    image: Image | NDArray[Any],
    maskImage: Image | NDArray[Any],
    insideValue: float = 1,
    outsideValue: float = 0,
    numberOfHistogramBins: float = 256,
    maskOutput: bool = True,
    maskValue: float = 255,
) -> Image:
    """Threshold an image using the Yen Threshold."""

def ZeroCrossing(
    image1: Image | NDArray[Any], foregroundValue: float = 1, backgroundValue: float = 0
) -> Image:
    """This filter finds the closest pixel to the zero-crossings (sign changes) in a signed itk::Image ."""

def ZeroCrossingBasedEdgeDetection(
    image1: Image | NDArray[Any],
    variance: float = 1.0,
    foregroundValue: float = 1,
    backgroundValue: float = 0,
    maximumError: float = 0.1,
) -> Image:
    """This filter implements a zero-crossing based edge detector."""

def ZeroFluxNeumannPad(
    image1: Image | NDArray[Any],
    padLowerBound: float | Sequence[float] | NDArray[Any] = 0.0,
    padUpperBound: float | Sequence[float] | NDArray[Any] = 0.0,
) -> Image:
    """Increase the image size by padding according to the zero-flux Neumann boundary condition."""

def vector_double(numbers: Sequence[float] | NDArray[Any]) -> list[float]:
    """The sequence, of numbers, as SimpleITK's filters want it."""

def vector_uint32(numbers: Sequence[float] | NDArray[Any]) -> list[float]:
    """The sequence, of whole numbers from 0 to 4,294,967,295, as SimpleITK's filters want it."""
