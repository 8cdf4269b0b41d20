"""Makes roundtrip.json: round trips of synthetic prompts through two partitions, and the null of 2000 permutations.

By numpy, from the definition.
"""

import json
import pathlib

import numpy as np
def closest(ids,d):
    out={}
    for r in sorted(set(ids)):
        m=np.flatnonzero(ids==r); out[r]=m[np.argmin(d[m])]
    return out
def trip(ia,da,ib,db,kind=None,perms=0,seed=0):
    ea,eb=closest(ia,da),closest(ib,db)
    R=[r for r in ea if kind is None or kind[ia==r].all()]
    home=[int(r) for r in R if ia[eb[ib[ea[r]]]]==r]
    rng=np.random.default_rng(seed); counts=[]
    for _ in range(perms):
        pi=rng.permutation(len(ia)); inv=np.argsort(pi)
        counts.append(sum(ia[inv[eb[ib[pi[ea[r]]]]]]==r for r in R))
    return [int(r) for r in R],home,counts
rng=np.random.default_rng(3)
N=80
ia=rng.integers(0,12,N); ib=(ia+rng.integers(0,3,N))%14; da=rng.integers(0,9,N)/16; db=rng.integers(0,9,N)/16
kind=np.isin(ia,[0,2,5,7,9])|(rng.random(N)<0.3)
R,h,_=trip(ia,da,ib,db); Rk,hk,c=trip(ia,da,ib,db,kind,2000,0)
pathlib.Path(__file__).with_name("roundtrip.json").write_text(json.dumps(dict(a=ia.tolist(),b=ib.tolist(),da=[float(x) for x in da],db=[float(x) for x in db],kind=kind.tolist(),all=R,allHome=h,sent=Rk,home=hk,mean=float(np.mean(c)),max=int(max(c)),p=float(np.mean(np.array(c)>=len(hk))))))
